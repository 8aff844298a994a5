/** 8. Training: a small network learns eight clips by heart, which is the first thing to ask of any training.
 *
 *  In each clip a handwritten digit leaves the picture to one of four sides, or arrives from there; half of the classes
 *  are the other half in reverse. `npm start` trains on thousands of such clips, and tests with digits never seen.
 *
 *  A step is one pure function, (parameters, optimizer state, clips, rate) → (parameters, optimizer state, loss). It is
 *  traced once, with its gradient, and compiled by an engine. */
import { initialParameters, ndarrayEngine, variants } from '../lib'
import { confusion, digitsRecipe, predict, type Recipe, startState, train } from '../lib/training'
import { classNames, digitsInMotion } from '../lib/video'
import { readDigits } from '../lib/video/node'

const config = { ...variants.digits, dim: 16 }
const recipe: Recipe = { ...digitsRecipe, rate: 0.02, steps: 31, schedule: { kind: 'warm-up and cosine', warmup: 3 } }
const clips = digitsInMotion(1, { digits: readDigits().train, clips: 8 })
const engine = ndarrayEngine

const learn = async () => {
  let state = startState(recipe, initialParameters(config, 1, { sigma: 0.2 }))
  // The loop can be left at any step; what it has learnt stays with the engine until it is asked for.
  for await (const progress of train({ engine, config, recipe, state, batch: () => clips })) {
    const { step, loss } = progress
    if (step % 10 === 1) console.log(`step ${step}: loss ${loss.toFixed(1)}`)
    if (step === recipe.steps) state = await progress.state()
  }
  // → step 1: loss 2.4
  // → step 11: loss 1.4
  // → step 21: loss 0.5
  // → step 31: loss 0.3

  const logits = await predict(engine, config, state.parameters, clips.X, 8)
  confusion(logits, clips.labels).forEach((row, k) => console.log(classNames[k]!.padEnd(13), row.join(' ')))
  // → leaves left   1 0 0 0 0 0 0 0
  // → leaves right  0 1 0 0 0 0 0 0
  // → leaves up     0 0 1 0 0 0 0 0
  // → leaves down   0 0 0 1 0 0 0 0
  // → arrives left  0 0 0 0 1 0 0 0
  // → arrives right 0 0 0 0 0 1 0 0
  // → arrives up    0 0 0 0 0 0 1 0
  // → arrives down  0 0 0 0 0 0 0 1
}
void learn()
