/** What the loss compares a batch with, where that is more than its labels: smoothed, weighted and mixed targets. */
import { checkLabels } from './labels'
import { count, index, number, optional, record, strict, tensor, wholeNumber } from '../tensor/given'
import { batch, config, recipe } from './kinds'
import { checkMemory, dtypeOf, flat, fromArray, over, randomStream, type Tensor } from '../tensor'
import type { NetworkConfig } from '../systems/network'
import { branchBlocks, branchFactors } from './drop-path'
import type { Recipe } from './recipe'
import type { Batch } from './step'

/** How targets are made of labels. */
export interface Targets {
  /** ε of label smoothing; 0, none, without it. */
  readonly smoothing?: number
  /** w: how much clips of each class count; all the same without it. */
  readonly classWeights?: readonly number[]
}

/** The targets of labels: with `targetCrossEntropy` they give what PyTorch's cross_entropy gives with `label_smoothing` and
 *  `weight`. With neither they are one-hot.
 *  $$t_{bk} = B \frac{w_k ((1 - \epsilon) [k = label_b] + \epsilon / K)}{\sum_c w_{label_c}}$$
 *  @param labels `[B]` class indices
 *  @returns `[B, K]` */
export const targetsOf = strict(
  'targetsOf',
  { labels: tensor, K: count, targets: optional(record) },
  (labels: Tensor, K: number, { smoothing = 0, classWeights }: Targets = {}): Tensor => {
    checkLabels(labels, K, 'targetsOf: ')
    checkMemory('targetsOf: the targets', 8 * K * labels.shape[0]!)
    const own = [...flat(labels)]
    const weight = (k: number): number => classWeights?.[k] ?? 1
    const all = own.reduce((sum, k) => sum + weight(k), 0)
    const t = own.flatMap(label =>
      Array.from({ length: K }, (_, k) => {
        const part = (k === label ? 1 - smoothing : 0) + smoothing / K
        return (own.length / all) * weight(k) * part
      }),
    )
    return fromArray(t, [own.length, K], dtypeOf(labels))
  },
)

// ---- mixup -----------------------------------------------------------------------------------------------------------

/** A number from Gamma(a, 1) by Marsaglia and Tsang's method. */
const gamma = (random: () => number, a: number): number => {
  if (a < 1) return gamma(random, a + 1) * (1 - random()) ** (1 / a)
  const d = a - 1 / 3
  for (;;) {
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const v = (1 + z / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random()) < z * z * 0.5 + d - d * v + d * Math.log(v)) return d * v
  }
}

/** λ of a step's mixup, from Beta(α, α); 1, which mixes nothing, where α is 0. */
export const mixingOf = strict(
  'mixingOf',
  { alpha: number, seed: wholeNumber, step: index },
  (alpha: number, seed: number, step: number): number => {
    if (alpha === 0) return 1
    const random = randomStream(seed, `mixup ${step}`)
    const [a, b] = [gamma(random, alpha), gamma(random, alpha)]
    return a + b > 0 ? a / (a + b) : 1 // both are 0 where α is so small that they underflow
  },
)

/** Each row mixed with the one as far from the other end, λ : 1 − λ; with λ = 1 it is x.
 *  @param x `[B, …]` clips, or their targets */
export const mixedPairs = strict('mixedPairs', { x: tensor, lambda: number }, (x: Tensor, lambda: number): Tensor => {
  if (lambda === 1) return x
  const [B, ...rest] = x.shape as [number, ...number[]]
  const size = rest.reduce((a, b) => a * b, 1)
  const from = flat(x)
  const made = from.map((v, i) => {
    const [b, k] = [Math.floor(i / size), i % size]
    return lambda * v + (1 - lambda) * from[(B - 1 - b) * size + k]!
  })
  return over(made, x.shape)
})

// ---- a step's batch --------------------------------------------------------------------------------------------------

/** A batch as a recipe's step takes it, from the seed and the step alone: mixed, with targets and with the branches that are
 *  left out. It is the batch itself where the recipe asks for none of these. */
export const prepared = strict(
  'prepared',
  { recipe, config, seed: wholeNumber, step: index, batch },
  (recipe: Recipe, config: NetworkConfig, seed: number, step: number, batch: Batch): Batch => {
    const { smoothing = 0, classWeights, mixup = 0, dropPath = 0 } = recipe
    const lambda = mixingOf(mixup, seed, step)
    const plain = smoothing === 0 && classWeights === undefined && mixup === 0
    const targets = plain
      ? {}
      : { targets: mixedPairs(targetsOf(batch.labels, config.classes, recipe), lambda) as Batch['targets'] }
    const branches = dropPath === 0 ? {} : { branches: branchFactors(dropPath, branchBlocks(config), seed, step) }
    return { ...batch, X: mixedPairs(batch.X, lambda) as Batch['X'], ...targets, ...branches } as Batch
  },
)
