import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const proc = existsSync('/proc/self/statm')

describe('Memory over 5,000 clips', () => {
  // In a process of its own: what other tests leave to be collected is as large as a leak.
  for (const [where, what, why] of [
    ['library', 'of the process that makes them', ''],
    ['process', 'of a process that a reader has started', proc ? '' : ' (skipped: there is no /proc)'],
  ] as const)
    it(`does not grow: ${what}${why}`, async function () {
      if (why !== '') return this.skip()
      this.timeout(600_000)
      const program = ['--expose-gc', '-r', 'ts-node/register/transpile-only', join(__dirname, 'growth.ts'), where]
      const { stdout } = await promisify(execFile)(process.execPath, program)
      const growth = JSON.parse(stdout) as number[]
      expect(growth).to.have.length(2)
      // A picture of 29 kB kept of each clip would be 58 MB in each half, a decoder 500 MB and more.
      expect(Math.min(...growth), 'bytes more after 2,000 clips, twice').to.be.below(25e6)
    })
})
