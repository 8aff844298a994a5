import { temporaryFolder } from './command'
import { crashes } from './crashes'

describe('A run that is killed', () => {
  const { whole, at } = crashes(temporaryFolder())

  it('in the middle of any write goes on to the same parameters and metrics', async function () {
    this.timeout(1_800_000)
    const changes = await whole()
    for (const [i, name] of changes.entries()) if (name === 'writeSync') await at(i + 1, true)
  })
})
