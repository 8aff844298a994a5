import fc from 'fast-check'
import { temporaryFolder } from './command'
import { crashes, digitsRun, goesOnBetweenParts, videosRun } from './crashes'

describe('A run that is killed', () => {
  for (const [what, flags, numRuns] of [
    ['digits in motion', () => digitsRun, 6],
    ['features of videos that are kept', folder => [...videosRun(folder), '--freeze', 'spatial'], 3],
  ] as const satisfies readonly (readonly [string, (folder: string) => readonly string[], number])[])
    describe(`of ${what}`, () => {
      const folder = temporaryFolder()
      it('at any change of the file system goes on to the same files and metrics (some of all)', async () => {
        const { states, goesOn } = crashes(folder, flags(folder))
        await fc.assert(fc.asyncProperty(fc.constantFrom(...(await states())), goesOn), { numRuns, endOnFailure: true })
      })
    })

  // Between parts of the second step.
  goesOnBetweenParts(temporaryFolder(), [10])
})
