/** How a network is trained, as named constants. */
import { anything, count, exactly, type Kind, optional, strict, text } from '../tensor/given'
import { recipe } from './kinds'
import { must } from '../tensor'
import { averaged } from './average'
import { layered } from './layer-decay'
import { type AdamW, adamw, type Optimizer, type Sgd, sgd } from './optimizer'
import { checked, recipeValues } from './schema'
import { type Schedule, type Steps, stepSchedule, warmupCosine } from './schedule'

/** How a network is trained. */
export interface Recipe {
  readonly optimizer: ({ readonly kind: 'SGD' } & Sgd) | ({ readonly kind: 'AdamW' } & AdamW)
  /** The learning rate that the schedule starts from. */
  readonly rate: number
  readonly schedule:
    ({ readonly kind: 'steps' } & Steps) | { readonly kind: 'warm-up and cosine'; readonly warmup: number }
  /** Clips in a batch. */
  readonly batch: number
  readonly steps: number
  /** The limit of the gradient's global norm; without one, gradients are not clipped. */
  readonly clip?: number
  /** The deviation of the initial weights. */
  readonly sigma: number
  /** ε: how much of a clip's target is spread over all classes (Szegedy et al., 2016). */
  readonly smoothing?: number
  /** How much clips of each class count, beside one another. */
  readonly classWeights?: readonly number[]
  /** α: clips are mixed in pairs, λ : 1 − λ, with λ drawn from Beta(α, α) in each step (Zhang et al., 2018). */
  readonly mixup?: number
  /** How often the last block's residual branches are left out of a step; before it, linearly less (Huang et al., 2016). */
  readonly dropPath?: number
  /** d: the weights that are used are a moving average, d of what they were and 1 − d of what a step made. */
  readonly ema?: number
  /** γ: the rate of each layer beside that of the one above it. */
  readonly layerDecay?: number
  /** Patterns of the parameters that stay as they are (`namedBy`); none without it. */
  readonly freeze?: readonly string[]
  /** Measurements in a row that may be no better than the best before training ends. */
  readonly patience?: number
  /** Parts, of as many clips each, in which a step's gradient is computed one after another; 1 without it. */
  readonly parts?: number
  /** Whether the backward pass computes the insides of blocks again, so that less is kept for it; `train` is given what does
   *  (`rematerialised`). */
  readonly rematerialise?: boolean
}

/** The paper's training, Sec. 4.2: SGD, 18 epochs, the rate divided by 10 at epochs 5, 14 and 16 (decision D11); clips
 *  jittered in scale and cropped (decision D12). It starts from a ViT trained on ImageNet-21K. The batch size is not given. */
export const paperRecipe = {
  optimizer: { kind: 'SGD', momentum: 0.9, decay: 1e-4 },
  rate: 0.005,
  epochs: 18,
  drops: [5, 14, 16],
  factor: 0.1,
  shortSide: [256, 320],
  crop: 224,
  mean: 0.5,
  deviation: 0.5,
} as const

/** The paper's training as a recipe, for videos of which an epoch takes a number of steps. What the paper does not say: 16
 *  clips in a batch, and σ = 0.02 for weights that are not pretrained (decision D10). */
export const videoRecipe = strict(
  'videoRecipe',
  { stepsPerEpoch: count, epochs: optional(count) },
  (stepsPerEpoch: number, epochs: number = paperRecipe.epochs): Recipe => {
    const { optimizer, rate, drops, factor } = paperRecipe
    const schedule = { kind: 'steps', drops, factor, stepsPerEpoch } as const
    return { optimizer, rate, schedule, batch: 16, steps: epochs * stepsPerEpoch, sigma: 0.02 }
  },
)

/** Digits in motion from scratch: it reaches 95 % in nine of ten seeds or more. */
export const digitsRecipe: Recipe = {
  optimizer: { kind: 'AdamW', decay: 0.01 },
  rate: 2e-3,
  schedule: { kind: 'warm-up and cosine', warmup: 20 },
  batch: 32,
  steps: 400,
  clip: 1,
  sigma: 0.1,
}

/** Checks a recipe, as a file may hold it. Throws UserError that names the value, what was expected and what was found.
 *  @param called what its parts are called where it was made */
export const checkRecipe = strict(
  'checkRecipe',
  { recipe: anything, called: optional(text) },
  (recipe: Recipe, called = 'parts'): Recipe => {
    const values: Readonly<Record<keyof Recipe, Kind>> = recipeValues
    checked(exactly(values, 'a record of settings'), recipe, '', 'a recipe')
    const { batch, parts = 1 } = recipe
    must(
      called,
      `a divisor of the batch (${batch})`,
      parts,
      Number.isInteger(parts) && parts >= 1 && batch % parts === 0,
    )
    return recipe
  },
)

/** The optimizer of a recipe, with its rates by layer and its moving average. */
export const optimizerOf = strict(
  'optimizerOf',
  { recipe },
  ({ optimizer, layerDecay, ema }: Recipe): Optimizer<unknown> => {
    const bare = (optimizer.kind === 'SGD' ? sgd(optimizer) : adamw(optimizer)) as Optimizer<unknown>
    const byLayer = layerDecay === undefined || layerDecay === 1 ? bare : layered(bare, layerDecay)
    return ema === undefined || ema === 0 ? byLayer : (averaged(byLayer, ema) as Optimizer<unknown>)
  },
)

/** The schedule of a recipe. */
export const scheduleOf = strict('scheduleOf', { recipe }, ({ rate, schedule, steps }: Recipe): Schedule =>
  schedule.kind === 'steps' ? stepSchedule(rate, schedule) : warmupCosine(rate, { ...schedule, steps }),
)
