/** Trains a network of 4 spatial and 3 temporal blocks on digits in motion, until 95 % of held-out clips are right.
 *
 *      npx ts-node -T examples/gpu/train-digits.ts [--mode webgpu] [--steps 400] [--every 50] [--clips 512] [--batch 32]
 *
 *  Clips are 8 frames of 32 × 32; half of the classes are the other half in reverse, so that a network that sees no time is
 *  right in half of the cases at best. Held-out clips show digits that no training clip shows. */
import { digitsRecipe, initialParameters, predict, startState, train, variants } from '../../lib'
import { confusion } from '../../lib/training'
import { digitsInMotion } from '../../lib/video'
import { readDigits } from '../../lib/video/node'
import { flags, main, openEngine } from './open'

const AIM = 0.95
const config = variants.tiny

main(async () => {
  const { mode, software, steps, every, clips, batch: size } = flags({ steps: 400, every: 50, clips: 512, batch: 32 })
  const engine = await openEngine(mode, software)
  console.log(`Device: ${engine.description}`)

  const digits = readDigits()
  const sizes = { frames: config.frames, size: config.height }
  const heldOut = digitsInMotion(2, { digits: digits.test, clips, ...sizes })
  const recipe = { ...digitsRecipe, rate: 1e-3, sigma: 0.1, batch: size, steps }
  const state = startState(recipe, initialParameters(config, 1, { sigma: recipe.sigma }))
  const batch = (step: number) => digitsInMotion(1, { digits: digits.train, clips: size, first: step * size, ...sizes })

  let best = 0
  let begun = performance.now()
  let counted = 0
  for await (const progress of train({ engine, config, recipe, state, batch })) {
    const { step, loss } = progress
    counted++
    if (step % every !== 0 && step !== steps) continue
    const speed = (1000 * counted) / (performance.now() - begun)
    const { parameters } = await progress.state()
    const logits = await predict(engine, config, parameters, heldOut.X, size)
    const right = confusion(logits, heldOut.labels).reduce((sum, row, k) => sum + row[k]!, 0) / clips
    best = Math.max(best, right)
    const held = `${(100 * right).toFixed(1)} % of ${clips} held-out clips`
    console.log(`step ${step}: loss ${loss.toFixed(3)}, ${held}, ${speed.toFixed(2)} steps/s`)
    if (right >= AIM && step < steps) break
    begun = performance.now()
    counted = 0
  }
  console.log(best >= AIM ? `Reached ${100 * AIM} %` : `Not yet ${100 * AIM} %: more --steps`)
  await engine.close()
})
