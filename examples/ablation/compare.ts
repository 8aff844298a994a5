/** An ablation of your own: a network as it stands and with one change, from the same seeds and on the same clips, so that
 *  the difference is that of pairs. Change `change`, `task` or the seeds, and run it:
 *
 *      npx ts-node -T examples/ablation/compare.ts        # 300 steps, 10 seeds
 *      npx ts-node -T examples/ablation/compare.ts 80 3   # 80 steps, 3 seeds
 *
 *  Without a line of code: `cstransformer ablate --pool mean`, which can be stopped, goes on, and draws the curves. */
import { type Config, onnxEngine, variants } from '../../lib'
import { type Experiment, meanOf, runExperiment, shiftInterval, signFlipTest } from '../../lib/ablation'
import { digitsRecipe } from '../../lib/training'
import { readDigits } from '../../lib/video/node'

const change: Partial<Config> = { pool: 'mean' }
/** A piece of another digit lies about; `{}` for plain clips, `{ clips: 64 }` for few of them. */
const task = { clutter: 1 }

const [steps = 300, seeds = 10] = process.argv.slice(2).map(Number)
const digits = readDigits()
const before: Experiment = { config: variants.digits, recipe: { ...digitsRecipe, steps }, alpha: 0, beta: 1, task }
const after: Experiment = { ...before, config: { ...before.config, ...change } }

/** Held-out accuracy, in percent. */
const accuracy = async (experiment: Experiment, seed: number): Promise<number> => {
  const engine = await onnxEngine({ threads: 1 })
  const measured = await runExperiment(engine, experiment, seed, { digits, heldOut: 1000 })
  await engine.close()
  return 100 * measured!.accuracy
}

const compare = async () => {
  const gains: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const [from, to] = [await accuracy(before, seed), await accuracy(after, seed)]
    gains.push(to - from)
    console.log(`seed ${seed}: ${from.toFixed(1)} % as it stands, ${to.toFixed(1)} % with ${JSON.stringify(change)}`)
  }
  const [low, high] = shiftInterval(gains)
  console.log(`mean gain ${meanOf(gains).toFixed(1)} points, 95 % interval ${low.toFixed(1)} to ${high.toFixed(1)}`)
  console.log(
    `sign-flip test: p = ${signFlipTest(gains).toFixed(3)}, and no less than ${2 / 2 ** seeds} from ${seeds} pairs`,
  )
}
void compare()
