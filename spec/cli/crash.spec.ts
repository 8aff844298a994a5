import fc from 'fast-check'
import { temporaryFolder } from './command'
import { crashes } from './crashes'

describe('A run that is killed', () => {
  const { whole, at } = crashes(temporaryFolder())

  it('at any change of the file system goes on to the same parameters and metrics (some of all)', async () => {
    const { length } = await whole()
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: length }), fc.boolean(), at), {
      numRuns: 6,
      endOnFailure: true,
    })
  })
})
