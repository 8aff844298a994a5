/** Trainings: the digits until 95 % of held-out clips are right, and the memory of 500 steps. */
import { join } from 'node:path'
import { initialParameters, variants } from '../../../../lib/paper'
import { digitsRecipe, predict, startState, topK, train } from '../../../../lib/training'
import { digitsInMotion } from '../../../../lib/video'
import { readDigits } from '../../../../lib/video/node'
import { kit, opened } from './machine'
import type { Say } from './row'

const [GOAL, EVERY, HELD_OUT] = [0.95, 25, 256]
const config = variants.digits
const digits = () => readDigits(join(kit, 'package/fixtures/digits'))
const start = (steps: number) => {
  const recipe = { ...digitsRecipe, steps }
  const { sigma = 0.02 } = recipe
  return { recipe, state: startState(recipe, initialParameters(config, 1, { sigma })) }
}

export const trainDigits = async (say: Say): Promise<void> => {
  const engine = await opened()
  const { train: shown, test } = digits()
  const held = digitsInMotion(2, { digits: test, clips: HELD_OUT })
  const { recipe, state } = start(digitsRecipe.steps)
  const batch = (step: number) => digitsInMotion(1, { digits: shown, clips: recipe.batch, first: recipe.batch * step })
  const begun = performance.now()
  for await (const progress of train({ engine, config, recipe, state, batch })) {
    if (progress.step % EVERY !== 0) continue
    const seconds = (performance.now() - begun) / 1000
    const { parameters } = await progress.state()
    const logits = await predict(engine, config, parameters, held.X, 64)
    const reached = topK(logits, held.labels, 1)
    const note = `${(100 * reached).toFixed(1)} % of ${HELD_OUT} held-out clips after ${progress.step} steps, ${seconds.toFixed(1)} s, loss ${progress.loss.toFixed(3)}` // prettier-ignore
    say({ what: `digits to ${100 * GOAL} %`, name: 'ours', note })
    if (reached >= GOAL) break
  }
  await engine.close()
}

const MIB = 2 ** 20
const [WARM, STEPS] = [100, 500]
/** What the process holds after 100 steps, and how much more after 500 others. */
export const remember = async (say: Say): Promise<void> => {
  const engine = await opened()
  const { recipe, state } = start(WARM + STEPS)
  const clips = digitsInMotion(1, { digits: digits().train, clips: recipe.batch })
  let before = 0
  for await (const { step } of train({ engine, config, recipe, state, batch: () => clips })) {
    if (step !== WARM && step !== WARM + STEPS) continue
    globalThis.gc?.()
    const resident = process.memoryUsage.rss() / MIB
    const note = step === WARM ? `${resident.toFixed(0)} MiB after ${WARM} steps` : `${(resident - before).toFixed(1)} MiB more after ${STEPS} others` // prettier-ignore
    say({ what: `memory over ${STEPS} steps`, name: 'ours', note })
    before = resident
  }
  await engine.close()
}
