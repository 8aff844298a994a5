/** What the systems share: a stack of the paper's blocks with or without CSSA and FAM, and a head on its class token. */
import {
  count,
  few,
  flag,
  func,
  list as anyList,
  listOf,
  number,
  recordOf,
  strict,
  tensor,
  text,
} from '../tensor/given'
import type { Tensor } from '../tensor'
import { aggregate, stage, type BlockResult } from '../paper/network'
import { type BlockParameters, type FeatureParameters, list, type Make, makeBlock } from '../paper/parameters'

/** Blocks one after another. What a switch turns off is not there: an α in each block but the first, FAM's terms. */
export interface EncoderParameters {
  readonly blocks: readonly BlockParameters[]
  readonly FAM?: readonly FeatureParameters[]
}

/** Sizes and switches of a stack of blocks. */
export interface EncoderConfig {
  readonly dim: number
  readonly heads: number
  /** The MLP's expansion. */
  readonly ratio: number
  /** Cross-stage attention, from each block to the next. */
  readonly cssa: boolean
  /** Feature aggregation over the blocks. */
  readonly fam: boolean
  /** The MLPs' GELU, exact unless it is said, or its approximation (`tanhGelu`). */
  readonly gelu?: 'exact' | 'tanh' | undefined
}

/** The terms of an aggregation that adds nothing at first: gain and bias are 0. */
export const makeTerms = strict(
  'makeTerms',
  { make: func, path: text, dim: count, blocks: few },
  (make: Make, path: string, dim: number, blocks: number): readonly FeatureParameters[] =>
    list(blocks - 1, i => ({
      beta: make(`${path}.${i}.beta`, [], 'beta'),
      gain: make(`${path}.${i}.gain`, [dim], 'zero'),
      bias: make(`${path}.${i}.bias`, [dim], 'zero'),
    })),
)

/** The parameters of a stack of blocks, under a path. */
export const makeEncoder = strict(
  'makeEncoder',
  { make: func, path: text, blocks: few, config: recordOf({ dim: count, ratio: number, cssa: flag, fam: flag }) },
  (make: Make, path: string, blocks: number, { dim, ratio, cssa, fam }: EncoderConfig): EncoderParameters => ({
    blocks: list(blocks, i => makeBlock(make, `${path}.blocks.${i}`, dim, ratio * dim, cssa && i > 0)),
    ...(fam ? { FAM: makeTerms(make, `${path}.FAM`, dim, blocks) } : {}),
  }),
)

/** The blocks' results, and Y of Eq. (9), or the last block's output without FAM.
 *  @param V_0 N sequences of S tokens of C' channels */
export const encode = strict(
  'encode',
  { V_0: tensor, parameters: recordOf({ blocks: anyList }), heads: count },
  (
    V_0: Tensor,
    { blocks, FAM }: EncoderParameters,
    heads: number,
  ): { readonly blocks: readonly BlockResult[]; readonly Y: Tensor } => {
    const results = stage(V_0, blocks, { heads, cssa: blocks.some(W => W.alpha !== undefined), scores: 'raw' })
    return {
      blocks: results,
      Y:
        aggregate(
          results.map(b => b.V),
          FAM,
        ) ?? V_0,
    }
  },
)

/** What a system makes of clips. */
export interface SystemForward {
  readonly logits: Tensor<['B', 'K']>
  /** The attention in space of every block, `[N, h, S, S]`, made when it is asked for. */
  readonly maps: readonly (() => Tensor)[]
}
/** The attention of blocks. */
export const mapsOf = strict(
  'mapsOf',
  { blocks: listOf(recordOf({ map: tensor }), 1) },
  (blocks: readonly BlockResult[]): SystemForward['maps'] =>
    blocks.map(
      ({ map }) =>
        () =>
          map,
    ),
)
