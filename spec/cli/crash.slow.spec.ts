import { temporaryFolder } from './command'
import { crashes, goesOnBetweenParts } from './crashes'

describe('A run that is killed', function () {
  this.timeout(600_000)
  const folder = temporaryFolder()
  const { whole, at } = crashes(folder)

  it('before any change of the file system, or in the middle of any write, goes on to the same parameters and metrics', async () => {
    for (const [i, change] of (await whole()).entries()) {
      await at(i + 1, false)
      if (change === 'writeSync') await at(i + 1, true)
    }
  })

  // Between parts of the first step, and before the update of the second.
  goesOnBetweenParts(folder, [2, 12])
})
