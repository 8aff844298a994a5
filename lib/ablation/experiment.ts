/** An experiment: a network trained on digits in motion from a seed, and measured on digits that it has never seen. */
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import { slice } from '../primitives'
import { initialNetwork, logitsBy, type NetworkConfig } from '../systems/network'
import { entries } from '../trace'
import { flat } from '../tensor'
import type { Difficulty } from '../video/difficulty'
import type { DigitSplits } from '../video/digits'
import { digitsInMotion, HELD_OUT_SEED } from '../video/digits-in-motion'
import { INTERIM_CLIPS, topK } from '../training/accuracy'
import { startState, train } from '../training/loop'
import { predictor } from '../training/predict'
import type { Recipe } from '../training/recipe'
import type { Batch } from '../training/step'

/** The clips of an experiment. */
export interface Task extends Difficulty {
  /** Clips to train on before they come again, a multiple of the batch; new ones all the time without it. */
  readonly clips?: number
}

/** All that an experiment depends on, besides its seed. */
export interface Experiment {
  readonly config: NetworkConfig
  readonly recipe: Recipe
  /** What every α_i starts as. */
  readonly alpha: number
  /** What every β_i starts as. */
  readonly beta: number
  readonly task: Task
}

/** What an experiment gave. */
export interface Measured {
  /** Accuracy on a few held-out clips, on the way. */
  readonly curve: readonly { readonly step: number; readonly accuracy: number }[]
  /** Accuracy on all held-out clips, at the end. */
  readonly accuracy: number
  readonly heldOut: number
  /** Every α_i at the end, those of the STBs first, or of attention in space. */
  readonly alpha: readonly number[]
  /** Seconds that it all took. */
  readonly seconds: number
}

/** How an experiment is measured. */
export interface Measuring {
  readonly digits: DigitSplits
  /** Held-out clips at the end. */
  readonly heldOut: number
  /** Called after every step; true ends the experiment, which then has no result. */
  readonly stop?: (step: number) => boolean | Promise<boolean>
}

/** Measurements on the way, the last one at the end. */
const POINTS = 20
/** Clips that are predicted together. */
const CHUNK = 128

/** The steps after which an experiment is measured. */
export const measuredSteps = (steps: number): number[] => [
  ...new Set(Array.from({ length: POINTS }, (_, i) => Math.ceil((steps * (i + 1)) / POINTS))),
]

/** Trains and measures. The same experiment and seed give the same result on the same engine; initial weights and clips
 *  depend on the seed alone, so that experiments that differ in a switch can be compared in pairs.
 *  @returns nothing where `stop` has ended it */
export const runExperiment = async <H>(
  engine: Engine<H>,
  { config, recipe, alpha, beta, task: { clips: repeat, ...difficulty } }: Experiment,
  seed: number,
  { digits, heldOut, stop = () => false }: Measuring,
): Promise<Measured | undefined> => {
  const begun = performance.now()
  const kind = { frames: config.frames, size: config.width, ...difficulty }
  const batch = (step: number): Batch => {
    const first = step * recipe.batch
    return digitsInMotion(seed, {
      ...kind,
      clips: recipe.batch,
      first: repeat === undefined ? first : first % repeat,
      digits: digits.train,
    })
  }
  const test = digitsInMotion(HELD_OUT_SEED, { ...kind, clips: Math.max(heldOut, INTERIM_CLIPS), digits: digits.test })
  const initial = initialNetwork(config, seed, { sigma: recipe.sigma, alpha, beta })
  const logits = logitsBy(config)
  const predict = predictor(engine, config, initial, CHUNK, logits)
  const accuracyOn = async (parameters: Parameters, clips: number): Promise<number> =>
    topK(await predict(parameters, test.X, clips), slice(test.labels, 0, 0, clips), 1)

  const due = new Set(measuredSteps(recipe.steps))
  const curve: { step: number; accuracy: number }[] = []
  let last = initial
  for await (const { step, state } of train({
    engine,
    config,
    logits,
    recipe,
    state: startState(recipe, initial),
    batch,
  })) {
    if (due.has(step)) {
      last = (await state()).parameters
      curve.push({ step, accuracy: await accuracyOn(last, INTERIM_CLIPS) })
    }
    if (await stop(step)) return undefined
  }
  const accuracy = await accuracyOn(last, heldOut)
  return { curve, accuracy, heldOut, alpha: alphasOf(last), seconds: (performance.now() - begun) / 1000 }
}

const alphasOf = (parameters: Parameters): number[] =>
  entries(parameters).flatMap(([path, x]) => (path.endsWith('.alpha') ? [flat(x)[0]!] : []))

/** The first measured step with an accuracy of at least `least`; none where it was never reached. */
export const stepsTo = ({ curve }: Pick<Measured, 'curve'>, least: number): number | undefined =>
  curve.find(({ accuracy }) => accuracy >= least)?.step
