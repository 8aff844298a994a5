import { count, listOf, number, optional, recordOf, strict } from '../tensor/given'
/** Learning rates over time. */

/** The learning rate of a step; steps count from 0. */
export type Schedule = (step: number) => number

/** A rate in steps. */
export interface Steps {
  /** Epochs, counted from 1, from the start of which on the rate is lower. */
  readonly drops: readonly number[]
  /** What it is then multiplied by. */
  readonly factor: number
  readonly stepsPerEpoch: number
  /** Steps in which the rate rises to what it then is; none without it. */
  readonly warmup?: number
}

/** A rate that is multiplied by `factor` from the start of some epochs on, which count from 1 (decision D11), and that rises
 *  linearly over the first `warmup` steps. */
export const stepSchedule = strict(
  'stepSchedule',
  {
    rate: number,
    steps: recordOf({ drops: listOf(number), factor: number, stepsPerEpoch: count, warmup: optional(number) }),
  },
  (rate: number, { drops, factor, stepsPerEpoch, warmup = 0 }: Steps): Schedule =>
    step => {
      const epoch = 1 + Math.floor(step / stepsPerEpoch)
      return rate * factor ** drops.filter(drop => epoch >= drop).length * (step < warmup ? (step + 1) / warmup : 1)
    },
)

/** A rate that rises linearly over `warmup` steps and then falls along a half cosine to 0 at step `steps`. */
export const warmupCosine = strict(
  'warmupCosine',
  { rate: number, of: recordOf({ warmup: number, steps: count }) },
  (rate: number, { warmup, steps }: { warmup: number; steps: number }): Schedule =>
    step =>
      step < warmup
        ? (rate * (step + 1)) / warmup
        : (rate / 2) * (1 + Math.cos((Math.PI * (step - warmup)) / Math.max(1, steps - warmup))),
)
