import { add, matmul, mul, softmax } from '../primitives'
import { equation } from '../trace'
import { joinHeads, project, scores } from './attention'

/** The cross-stage attention map: this block's scores and, scaled by a learnable ratio, those of the block before:
 *  $$CrossA_i = Softmax(A_i + \alpha_i \cdot A_{i-1}), \quad i = 1, ..., L \tag{8}$$
 *  @param A the scores A_i of this block
 *  @param alpha α_i: one ratio, one per head, or one per score; any shape that broadcasts (decision D3)
 *  @param A_prev the scores A_{i−1} of the block before
 *  @returns CrossA, the attention, whose rows sum to 1; fused, the sum A_i + α_i·A_{i−1} that went into the softmax
 *  Source: Sec. 3.2. */
export const crossStageMap = equation(
  'Cross-stage attention map, Sec. 3.2, Eq. (8)',
  'A[N, h, S, S], alpha[...], A_prev[N, h, S, S] -> CrossA[N, h, S, S], fused[N, h, S, S]',
  (A, alpha, A_prev) => {
    const fused = add(A, mul(alpha, A_prev))
    return { CrossA: softmax(fused), fused }
  },
)

/** Cross-stage attention of the i-th block:
 *  $$CrossAttention(\hat{Q}_i, \hat{K}_i, \hat{V}_i) = Softmax(A_i + \alpha_i * A_{i-1}) \hat{V}_i \tag{13}$$
 *  Where A_{i−1} is of another number of tokens, or a scalar as A_0 = 0 is, this is plain attention, Eq. (11) (decision D2).
 *  @param Q queries: N sequences, h heads, S tokens, d channels of a head
 *  @param K keys
 *  @param V values
 *  @param alpha α_i, any shape that broadcasts with the scores
 *  @param A_prev the scores of the block before, with as many heads; the scalar 0 for A_0
 *  @returns O, the mixed values; A, the scores A_i; map, the attention; fused, the scores that went into the softmax
 *  @throws ShapeError where A_{i−1} has S tokens but not N sequences
 *  Source: App. A.1. */
export const crossAttention = equation(
  'Cross-stage attention, App. A.1, Eq. (13)',
  `Q[N, h, S, d], K[N, h, S, d], V[N, h, S, d], alpha[...], A_prev[N', h, S', S']?
   -> O[N, h, S, d], A[N, h, S, S], map[N, h, S, S], fused[N, h, S, S]`,
  (Q, K, V, alpha, A_prev, { S }) => {
    const A = scores(Q, K)
    const crosses = A_prev.shape[2] === S
    const { CrossA: map, fused } = crosses ? crossStageMap(A, alpha, A_prev) : { CrossA: softmax(A), fused: A }
    return { O: matmul(map, V), A, map, fused }
  },
)

/** Multi-head cross-stage attention:
 *  $$CrossMultiHead(Q, K, V) = Concat(chead_1, ..., chead_h) W^O \tag{12}$$
 *  $$chead_j = CrossAttention(Q W_j^Q, K W_j^K, V W_j^V)$$
 *  @param Q queries: N sequences of S tokens of C' channels
 *  @param K keys
 *  @param V values
 *  @param alpha α_i, any shape that broadcasts with the scores
 *  @param A_prev the scores of the block before, with as many heads; of another number of tokens they are not used, as the
 *  scalar A_0 = 0 is not, and this is Eq. (10)
 *  @param h heads, which divide C'
 *  @param W weights and biases of the four projections
 *  @returns O, the output; A, the scores A_i; map, the attention; fused, the scores that went into the softmax
 *  Source: App. A.1. */
export const crossMultiHead = equation(
  'Multi-head cross-stage attention, App. A.1, Eq. (12)',
  `Q[N, S, C'], K[N, S, C'], V[N, S, C'], alpha[...], A_prev[N', h, S', S']?, h,
   W{W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C']}
   -> O[N, S, C'], A[N, h, S, S], map[N, h, S, S], fused[N, h, S, S]`,
  (Q, K, V, alpha, A_prev, h, { W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O }) => {
    const heads = [project(Q, W_Q, b_Q, h), project(K, W_K, b_K, h), project(V, W_V, b_V, h)] as const
    const { O, ...rest } = crossAttention(...heads, alpha, A_prev)
    return { O: joinHeads(O, W_O, b_O), ...rest }
  },
)
