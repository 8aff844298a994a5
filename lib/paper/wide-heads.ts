import { concat, matmul, mul, scale, softmax, transpose } from '../primitives'
import { equation } from '../trace'

/** Cross-stage attention as plain attention whose heads are twice as wide: with the scores that a block passes on its own
 *  (decision D1), and one α for a block or for each head,
 *  $$A_i + \alpha_i A_{i-1} = \frac{[\hat{Q}_i, \alpha_i \hat{Q}_{i-1}] [\hat{K}_i, \hat{K}_{i-1}]^T}{\sqrt{d_k}}$$
 *  so that queries and keys cross in place of scores, S·d numbers in place of S², and no matrix of scores has to be kept: any
 *  kernel of attention computes it, at the scale of d channels. An α per score breaks the identity, and scores that
 *  accumulate make heads i times as wide in block i.
 *  @param Q queries: N sequences, h heads, S tokens, d = d_k channels of a head
 *  @param K keys
 *  @param V values
 *  @param alpha α_i, one for each head, or a scalar
 *  @param Q_prev the queries of the block before
 *  @param K_prev its keys
 *  @returns O, the mixed values; map, the attention; fused, the sum A_i + α_i·A_{i−1} that went into the softmax
 *  Source: App. A.1, Eqs. (13), (14), which it rewrites. */
export const wideHeadAttention = equation(
  'Cross-stage attention by wider heads, App. A.1',
  `Q[N, h, S, d], K[N, h, S, d], V[N, h, S, d], alpha[h, 1, 1]?, Q_prev[N, h, S, d], K_prev[N, h, S, d]
   -> O[N, h, S, d], map[N, h, S, S], fused[N, h, S, S]`,
  (Q, K, V, alpha, Q_prev, K_prev, { d }) => {
    const queries = concat(3, Q, mul(alpha, Q_prev))
    const keys = concat(3, K, K_prev)
    const fused = scale(matmul(queries, transpose(keys)), 1 / Math.sqrt(d)) // √d: the heads are wide, the scale is not
    const map = softmax(fused)
    return { O: matmul(map, V), map, fused }
  },
)
