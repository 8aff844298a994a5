/** Learning rates over time. */

/** The learning rate of a step; steps count from 0. */
export type Schedule = (step: number) => number

/** A rate that is multiplied by `factor` from the start of some epochs on, which count from 1 (decision D11). */
export const stepSchedule =
  (
    rate: number,
    { drops, factor, stepsPerEpoch }: { drops: readonly number[]; factor: number; stepsPerEpoch: number },
  ): Schedule =>
  step => {
    const epoch = 1 + Math.floor(step / stepsPerEpoch)
    return rate * factor ** drops.filter(drop => epoch >= drop).length
  }

/** A rate that rises linearly over `warmup` steps and then falls along a half cosine to 0 at step `steps`. */
export const warmupCosine =
  (rate: number, { warmup, steps }: { warmup: number; steps: number }): Schedule =>
  step =>
    step < warmup
      ? (rate * (step + 1)) / warmup
      : (rate / 2) * (1 + Math.cos((Math.PI * (step - warmup)) / Math.max(1, steps - warmup)))
