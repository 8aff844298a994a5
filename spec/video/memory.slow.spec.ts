import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { growthOf } from '../growth'
import { itWhere } from '../laws/skips'

const noProc = existsSync('/proc/self/statm') ? undefined : 'there is no /proc'

describe('Memory over 5,000 clips', function () {
  this.timeout(600_000)
  for (const [where, what, skip] of [
    ['library', 'of the process that makes them', undefined],
    ['process', 'of a process that a reader has started', noProc],
  ] as const)
    itWhere(skip)(`does not grow: ${what}`, async () => {
      const growth = await growthOf(join(__dirname, 'growth.ts'), where)
      // A picture of 29 kB kept of each clip would be 58 MB in each half, a decoder 500 MB and more.
      expect(growth, 'bytes more after 2,000 clips, twice').to.be.below(25e6)
    })
})
