import { temporaryFolder } from './command'
import { crashes } from './crashes'

describe('A run that is killed', () => {
  const { whole, at } = crashes(temporaryFolder())

  it('before any change of the file system goes on to the same parameters and metrics', async function () {
    this.timeout(1_800_000)
    const { length } = await whole()
    for (let n = 1; n <= length; n++) await at(n, false)
  })
})
