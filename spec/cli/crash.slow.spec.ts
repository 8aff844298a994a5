import { temporaryFolder } from './command'
import { crashes } from './crashes'

describe('A run that is killed', function () {
  this.timeout(600_000)
  const { whole, at } = crashes(temporaryFolder())

  it('before any change of the file system, or in the middle of any write, goes on to the same parameters and metrics', async () => {
    for (const [i, change] of (await whole()).entries()) {
      await at(i + 1, false)
      if (change === 'writeSync') await at(i + 1, true)
    }
  })
})
