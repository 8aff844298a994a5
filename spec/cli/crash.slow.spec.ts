import { temporaryFolder } from './command'
import { crashes, digitsRun, goesOnBetweenParts, videosRun } from './crashes'

describe('A run that is killed', function () {
  this.timeout(600_000)
  for (const [what, flags] of [
    ['digits in motion', () => digitsRun],
    ['videos', videosRun],
    ['features of videos that are kept', folder => [...videosRun(folder), '--freeze', 'spatial']],
  ] as const satisfies readonly (readonly [string, (folder: string) => readonly string[]])[])
    describe(`of ${what}`, () => {
      const folder = temporaryFolder()
      it('before any change of the file system, or in the middle of any write, goes on to the same files and metrics', async () => {
        const { states, goesOn } = crashes(folder, flags(folder))
        for (const state of await states()) await goesOn(state)
      })
    })

  // Between parts of the first step, and before the update of the second.
  goesOnBetweenParts(temporaryFolder(), [2, 12])
})
