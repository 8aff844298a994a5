/** What is there for a wrong command line to meet: videos, a network, and files that are none of these. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { initialParameters, variants } from '../../lib/paper'
import { encodeCheckpoint, startState, videoRecipe } from '../../lib/training'
import { encodePng } from '../../lib/video'

/** Fills a folder. */
export const makeSetting = (folder: string): void => {
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, 'videos', name), { recursive: true })
    for (const n of [1, 2, 3]) {
      const data = Uint8Array.from({ length: 3 * 72 * 72 }, (_, i) => (i * n * (name === 'a' ? 3 : 7)) % 256)
      writeFileSync(join(folder, 'videos', name, `${n}.png`), encodePng({ width: 72, height: 72, channels: 3, data }))
    }
  }
  const config = { ...variants.tiny, channels: 3, STB: 1, TTB: 1, dim: 8, heads: 2, frames: 2, classes: 2 }
  const recipe = videoRecipe(1)
  const state = startState(recipe, initialParameters(config, 1))
  const clips = { classes: ['a', 'b'], stride: 1, shortSide: 32, mean: 0.5, deviation: 0.5 }
  writeFileSync(join(folder, 'network'), encodeCheckpoint({ config, recipe, seed: 1, step: 0, state, clips }))
  writeFileSync(join(folder, 'empty'), '')
  writeFileSync(join(folder, 'text'), 'a b c\n{"x": 1}\n')
  writeFileSync(
    join(folder, 'bytes'),
    Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) % 256),
  )
  symlinkSync('nowhere', join(folder, 'link'))
}
