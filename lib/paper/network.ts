/** The network of Figure 1. */
import { strict, tensor } from '../tensor/given'
import { config, parameters } from './kinds'
import { dtypeOf, full, type Shape, ShapeError, type Tensor } from '../tensor'
import { block } from './block'
import { type Config, patches } from './config'
import { featureAggregation } from './feature-aggregation'
import { classPool, head, meanPool } from './head'
import type { BlockParameters, FeatureParameters, Parameters } from './parameters'
import { classToken, patchEmbedding } from './patch-embedding'
import { positionEncoding } from './position-encoding'
import { toTime } from './regroup'

/** What a block made, in the layout of its stage: `[B*T, 1+P, C']` in an STB, `[B*(1+P), T, C']` in a TTB. */
export interface BlockResult {
  /** V_i, Eq. (6). */
  readonly V: Tensor
  /** V'_i, Eq. (5). */
  readonly V_mid: Tensor
  /** A_i, Eq. (14): `[N, h, S, S]`. */
  readonly A: Tensor
  /** The attention, Eq. (8), or (11) in a first block; its first row is the class token's in Figure 4. */
  readonly map: Tensor
  /** The scores that went into the softmax. */
  readonly fused: Tensor
}

/** All that the network of Figure 1 makes of a batch of clips, from the patches to the logits. */
export interface Forward {
  readonly logits: Tensor<['B', 'K']>
  /** V, the patch embedding. */
  readonly V: Tensor<['B*T', 'P', "C'"]>
  /** V_0, Eq. (4). */
  readonly V_0: Tensor<['B*T', '1+P', "C'"]>
  readonly STB: readonly BlockResult[]
  readonly TTB: readonly BlockResult[]
  /** Y, Eq. (7), in the temporal layout. */
  readonly Y: Tensor<['B*(1+P)', 'T', "C'"]>
  /** What the head gets. */
  readonly y: Tensor<['B', "C'"]>
}

/** The blocks of one stage, one after another; each passes its output on, and its scores (decision D1). */
export const stage = (
  V_0: Tensor,
  blocks: readonly BlockParameters[],
  { heads, cssa, scores }: Pick<Config, 'heads' | 'cssa' | 'scores'>,
): BlockResult[] => {
  const none = full(0, [], dtypeOf(V_0)) // A_0 = 0, which is also what crosses without CSSA
  const results: BlockResult[] = []
  for (const W of blocks) {
    const before = results.at(-1)
    const A_prev = before && cssa ? (scores === 'raw' ? before.A : before.fused) : none
    results.push(block(before?.V ?? V_0, A_prev, W.alpha ?? none, heads, W))
  }
  return results
}

/** Eqs. (7), (9) over the outputs of some blocks; without parameters the last of them, and nothing where there is none. */
export const aggregate = (V: readonly Tensor[], terms?: readonly FeatureParameters[]): Tensor | undefined => {
  const V_L = V.at(-1)
  return V_L && terms ? featureAggregation(V.slice(0, -1), V_L, terms) : V_L
}

/** CSTransformer, Figure 1, with everything it made on the way: what Figure 4 and the tests look at.
 *  A trace drops what its user does not ask for.
 *  @param config sizes and switches; they belong to the parameters
 *  @param parameters the learnable tensors
 *  @param X B clips of C channels, T frames, H × W pixels
 *  @returns the logits of K classes, and every intermediate value
 *  @throws ShapeError where X does not have the configuration's sizes
 *  Source: Sec. 3.1 and Figure 1. */
export const forward = strict(
  'forward',
  { config, parameters, X: tensor },
  (config: Config, parameters: Parameters, X: Tensor<['B', 'C', 'T', 'H', 'W']>): Forward => {
    const { channels, frames: T, height, width, dim, pool } = config
    const sizes = [channels, T, height, width]
    if (X.shape.length !== 5 || sizes.some((n, i) => n !== X.shape[i + 1]))
      throw new ShapeError(`X[B, C, T, H, W] must be [B, ${sizes.join(', ')}], got [${X.shape.join(', ')}]`)
    const B = X.shape[0]!
    const absent = (shape: Shape): Tensor => full(0, shape, dtypeOf(X))

    // The labels of X do not say that M divides H and W, nor that I·J patches are P.
    const V: Tensor<['B*T', 'P', "C'"]> = patchEmbedding(X as Tensor, config.patch, parameters.patch)
    const V_cls = classToken(parameters.V_cls, B, T)
    const P_s = parameters.P_s ?? absent([1, 1 + patches(config), dim])
    const P_t = parameters.P_t ?? absent([T, 1, dim])
    const V_0 = positionEncoding(V_cls, V, P_s, P_t)

    const FAM = config.fam ? parameters.FAM : undefined
    const STB = stage(V_0, parameters.STB, config)
    const spatial = STB.map(b => toTime(b.V, T))
    const entering = aggregate(spatial, FAM?.STB) ?? toTime(V_0, T)
    const TTB = stage(entering, parameters.TTB, config)
    const temporal = TTB.map(b => b.V)
    const Y: Tensor<['B*(1+P)', 'T', "C'"]> =
      (FAM?.network ? aggregate([...spatial, ...temporal], FAM.network) : aggregate(temporal, FAM?.TTB)) ?? entering
    const y = pool === 'class' ? classPool(Y, B) : meanPool(Y, B)
    return { logits: head(y, parameters.head), V, V_0, STB, TTB, Y, y }
  },
)

/** CSTransformer, Figure 1: clips to logits. See `forward`. */
export const network = strict(
  'network',
  { config, parameters, X: tensor },
  (config: Config, parameters: Parameters, X: Tensor<['B', 'C', 'T', 'H', 'W']>): Tensor<['B', 'K']> =>
    forward(config, parameters, X).logits,
)
