import fc from 'fast-check'
import { temporaryFolder } from './command'
import { crashes, goesOnBetweenParts } from './crashes'

describe('A run that is killed', () => {
  const folder = temporaryFolder()
  const { whole, at } = crashes(folder)

  it('at any change of the file system goes on to the same parameters and metrics (some of all)', async () => {
    const { length } = await whole()
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: length }), fc.boolean(), at), {
      numRuns: 6,
      endOnFailure: true,
    })
  })

  // Between parts of the second step.
  goesOnBetweenParts(folder, [10])
})
