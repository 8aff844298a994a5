import { ShapeError } from '../tensor'
import { add, layerNorm, mul } from '../primitives'
import { equation } from '../trace'

/** One term of the aggregation:
 *  $$LN(\beta_i \cdot V_i)$$
 *  LN undoes a scale: LN(β·V) = sign(β)·LN(V) up to ε, so a scalar β hardly learns and the gain does the scaling; a β per
 *  channel is not inert (decision D5).
 *  @param V V_i, the output of the i-th block
 *  @param W beta, β_i: one ratio or one per channel; gain and bias of the layer norm
 *  Source: Sec. 3.3. */
export const featureTerm = equation(
  'Scaled and normalised feature, Sec. 3.3',
  "V[N, S, C'], W{beta[...], gain[C'], bias[C']} -> [N, S, C']",
  (V, { beta, gain, bias }) => layerNorm(mul(V, beta), gain, bias),
)

/** The cross-stage feature aggregation module:
 *  $$Y = FAM(V_i), \quad i = 1, ..., L \tag{7}$$
 *  $$Y = \sum_{i=1}^{L-1} LN(\beta_i \cdot V_i) + V_L \tag{9}$$
 *  @param V the outputs V_1 … V_{L−1} of the blocks but the last, in one layout
 *  @param V_L the output of the last block
 *  @param W β_i, gain and bias of the terms i < L
 *  @returns Y, the aggregated feature; with L = 1 it is V_L itself
 *  @throws ShapeError where there is not one W for each of V_1 … V_{L−1}
 *  Source: Sec. 3.3. */
export const featureAggregation = equation(
  'Feature aggregation (FAM), Sec. 3.3, Eqs. (7), (9)',
  "V[N, S, C']*, V_L[N, S, C'], W{beta[...], gain[C'], bias[C']}* -> Y[N, S, C']",
  (V, V_L, W) => {
    if (V.length !== W.length)
      throw new ShapeError(`Feature aggregation: W must have ${V.length} terms, one for every V_i, got ${W.length}`)
    return [...V.map((V_i, i) => featureTerm(V_i, W[i]!)), V_L].reduce((sum, term) => add(sum, term))
  },
)
