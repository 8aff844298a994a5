/** The learnable tensors of a network: what they are, and what they start from. */
import { dtype, optional, strict, wholeNumber } from '../tensor/given'
import { config, initial } from './kinds'
import {
  checkMemory,
  type DType,
  over,
  randomStream,
  type Shape,
  sizeOf,
  storage,
  type Tensor,
  truncatedNormal,
} from '../tensor'
import { abstract, leaves } from '../trace'
import { type Config, patches } from './config'

/** The weights of one block, Eqs. (5), (6), (12). The first block of a stage, and every block without CSSA, has no α
 *  (decision D17). */
export interface BlockParameters {
  readonly alpha?: Tensor<[]>
  readonly gain_1: Tensor<["C'"]>
  readonly bias_1: Tensor<["C'"]>
  readonly W_Q: Tensor<["C'", 'h*d']>
  readonly b_Q: Tensor<['h*d']>
  readonly W_K: Tensor<["C'", 'h*d']>
  readonly b_K: Tensor<['h*d']>
  readonly W_V: Tensor<["C'", 'h*d']>
  readonly b_V: Tensor<['h*d']>
  readonly W_O: Tensor<['h*d', "C'"]>
  readonly b_O: Tensor<["C'"]>
  readonly gain_2: Tensor<["C'"]>
  readonly bias_2: Tensor<["C'"]>
  readonly W_1: Tensor<["C'", 'F']>
  readonly b_1: Tensor<['F']>
  readonly W_2: Tensor<['F', "C'"]>
  readonly b_2: Tensor<["C'"]>
}

/** A term of the feature aggregation, Eq. (9). */
export interface FeatureParameters {
  readonly beta: Tensor<[]>
  readonly gain: Tensor<["C'"]>
  readonly bias: Tensor<["C'"]>
}

/** One aggregation over all blocks, or one for each stage (decision D4): a term for every output but its last. */
export type AggregationParameters =
  | { readonly network: readonly FeatureParameters[]; readonly STB?: undefined; readonly TTB?: undefined }
  | {
      readonly network?: undefined
      readonly STB: readonly FeatureParameters[]
      readonly TTB: readonly FeatureParameters[]
    }

/** The parameters of a network; what a switch turns off is not there. Linear weights are `[in, out]`: x·W + b. */
export interface Parameters {
  readonly patch: { readonly W: Tensor<['C*M*M', "C'"]>; readonly b: Tensor<["C'"]> }
  readonly V_cls: Tensor<['1', '1', "C'"]>
  readonly P_s?: Tensor<['1', '1+P', "C'"]>
  readonly P_t?: Tensor<['T', '1', "C'"]>
  readonly STB: readonly BlockParameters[]
  readonly TTB: readonly BlockParameters[]
  readonly FAM?: AggregationParameters
  readonly head: {
    readonly gain: Tensor<["C'"]>
    readonly bias: Tensor<["C'"]>
    readonly W: Tensor<["C'", 'K']>
    readonly b: Tensor<['K']>
  }
}

/** What a tensor starts as: drawn at random, or one value everywhere. */
type Start = 'random' | 'zero' | 'one' | 'alpha' | 'beta'
/** What makes a tensor of its path and shape: numbers, or the shape alone. */
export type Make = (path: string, shape: Shape, start: Start) => Tensor

/** The weights of the four projections of attention. */
export type AttentionParameters = Pick<BlockParameters, 'W_Q' | 'b_Q' | 'W_K' | 'b_K' | 'W_V' | 'b_V' | 'W_O' | 'b_O'>
export const makeAttention = (make: Make, path: string, dim: number): AttentionParameters => ({
  W_Q: make(`${path}.W_Q`, [dim, dim], 'random'),
  b_Q: make(`${path}.b_Q`, [dim], 'zero'),
  W_K: make(`${path}.W_K`, [dim, dim], 'random'),
  b_K: make(`${path}.b_K`, [dim], 'zero'),
  W_V: make(`${path}.W_V`, [dim, dim], 'random'),
  b_V: make(`${path}.b_V`, [dim], 'zero'),
  W_O: make(`${path}.W_O`, [dim, dim], 'random'),
  b_O: make(`${path}.b_O`, [dim], 'zero'),
})

/** The weights of one block.
 *  @param hidden F, the hidden channels of its MLP
 *  @param crosses whether scores cross into it */
export const makeBlock = (make: Make, path: string, dim: number, hidden: number, crosses: boolean): BlockParameters => {
  const to = (name: string, shape: Shape, start: Start): Tensor => make(`${path}.${name}`, shape, start)
  return {
    ...(crosses ? { alpha: to('alpha', [], 'alpha') } : {}),
    gain_1: to('gain_1', [dim], 'one'),
    bias_1: to('bias_1', [dim], 'zero'),
    ...makeAttention(make, path, dim),
    gain_2: to('gain_2', [dim], 'one'),
    bias_2: to('bias_2', [dim], 'zero'),
    W_1: to('W_1', [dim, hidden], 'random'),
    b_1: to('b_1', [hidden], 'zero'),
    W_2: to('W_2', [hidden, dim], 'random'),
    b_2: to('b_2', [dim], 'zero'),
  }
}

/** The linear layer that embeds patches of so many numbers. */
export const makePatch = (make: Make, numbers: number, dim: number): Parameters['patch'] => ({
  W: make('patch.W', [numbers, dim], 'random'),
  b: make('patch.b', [dim], 'zero'),
})

/** A layer norm and a linear layer to K classes. */
export const makeHead = (make: Make, dim: number, classes: number): Parameters['head'] => ({
  gain: make('head.gain', [dim], 'one'),
  bias: make('head.bias', [dim], 'zero'),
  W: make('head.W', [dim, classes], 'random'),
  b: make('head.b', [classes], 'zero'),
})

/** A list made item by item, empty where its length is below 1. */
export const list = <X>(length: number, item: (i: number) => X): X[] =>
  Array.from({ length: Math.max(length, 0) }, (_, i) => item(i))

const build = (config: Config, make: Make): Parameters => {
  const { channels, frames, patch, dim, STB, TTB, ratioSTB, ratioTTB, classes, aggregation, cssa } = config
  const stage = (name: 'STB' | 'TTB', blocks: number, hidden: number): BlockParameters[] =>
    list(blocks, i => makeBlock(make, `${name}.${i}`, dim, hidden, cssa && i > 0))
  const features = (of: 'network' | 'STB' | 'TTB', blocks: number): readonly FeatureParameters[] =>
    list(blocks - 1, i => ({
      beta: make(`FAM.${of}.${i}.beta`, [], 'beta'),
      gain: make(`FAM.${of}.${i}.gain`, [dim], 'one'),
      bias: make(`FAM.${of}.${i}.bias`, [dim], 'zero'),
    }))
  const aggregator = (): AggregationParameters =>
    aggregation === 'network'
      ? { network: features('network', STB + TTB) }
      : { STB: features('STB', STB), TTB: features('TTB', TTB) }
  return {
    patch: makePatch(make, channels * patch * patch, dim),
    V_cls: make('V_cls', [1, 1, dim], 'zero'),
    ...(config.spatialPosition ? { P_s: make('P_s', [1, 1 + patches(config), dim], 'random') } : {}),
    ...(config.temporalPosition ? { P_t: make('P_t', [frames, 1, dim], 'random') } : {}),
    STB: stage('STB', STB, ratioSTB * dim),
    TTB: stage('TTB', TTB, ratioTTB * dim),
    ...(config.fam ? { FAM: aggregator() } : {}),
    head: makeHead(make, dim, classes),
  }
}

/** What the parameters are before the first step. */
export interface Initial {
  /** The deviation of weights and position embeddings (truncated normal). */
  readonly sigma?: number
  /** What every α_i starts as; 0 makes the network start as the baseline (decision D3). */
  readonly alpha?: number
  /** What every β_i starts as. */
  readonly beta?: number
  readonly dtype?: DType
}

/** The parameters a network starts training with (decision D10). A tensor depends on the seed and its own path alone, so
 *  that networks which differ in a switch share the tensors that both have.
 *  Throws ShapeError where they do not fit into memory. */
export const initialParameters = strict(
  'initialParameters',
  { config, seed: wholeNumber, initial: optional(initial) },
  (config: Config, seed: number, initial: Initial = {}): Parameters => {
    const count = leaves(abstractParameters(config)).reduce((sum, x) => sum + sizeOf(x.shape), 0)
    checkMemory('the parameters of the network', count * (initial.dtype === 'float64' ? 8 : 4))
    return build(config, makeInitial(seed, initial))
  },
)

/** Makes tensors of the numbers that training starts from. */
export const makeInitial = strict(
  'makeInitial',
  { seed: wholeNumber, initial: optional(initial) },
  (seed: number, { sigma = 0.02, alpha = 0, beta = 1, dtype = 'float32' }: Initial = {}): Make => {
    const values = { zero: 0, one: 1, alpha, beta }
    return (path, shape, start) =>
      start === 'random'
        ? truncatedNormal(randomStream(seed, path), shape, sigma, dtype)
        : over(storage(sizeOf(shape), dtype).fill(values[start]), shape)
  },
)

/** The parameters' shapes alone, to trace with. */
export const abstractParameters = strict(
  'abstractParameters',
  { config, dtype: optional(dtype) },
  (config: Config, dtype: DType = 'float32'): Parameters => build(config, makeAbstract(dtype)),
)

/** Makes tensors of their shapes alone. */
export const makeAbstract = strict(
  'makeAbstract',
  { dtype: optional(dtype) },
  (dtype: DType = 'float32'): Make =>
    (_, shape) =>
      abstract(shape, dtype),
)
