import { add, matmul, rearrange, scale, softmax, transpose } from '../primitives'
import { equation } from '../trace'

/** The pairwise similarity of queries and keys:
 *  $$A_i = \frac{\hat{Q}_i \hat{K}_i^T}{\sqrt{d_k}} \tag{14}$$
 *  @param Q queries: N sequences, h heads, S tokens, d = d_k channels of a head
 *  @param K keys
 *  @returns A, a score for every query and key; what crosses to the next block (decision D1)
 *  Source: App. A.1. */
export const scores = equation(
  'Scores, App. A.1, Eq. (14)',
  'Q[N, h, S, d], K[N, h, S, d] -> A[N, h, S, S]',
  (Q, K, { d }) => scale(matmul(Q, transpose(K)), 1 / Math.sqrt(d)),
)

/** Attention of one block alone:
 *  $$Attention(\hat{Q}, \hat{K}, \hat{V}) = Softmax(\frac{\hat{Q} \hat{K}^T}{\sqrt{d_k}}) \hat{V} \tag{11}$$
 *  @param Q queries: N sequences, h heads, S tokens, d channels of a head
 *  @param K keys
 *  @param V values
 *  @returns O, the mixed values; A, the scores (14); map, the attention, whose rows sum to 1
 *  Source: App. A.1. */
export const attention = equation(
  'Attention, App. A.1, Eq. (11)',
  'Q[N, h, S, d], K[N, h, S, d], V[N, h, S, d] -> O[N, h, S, d], A[N, h, S, S], map[N, h, S, S]',
  (Q, K, V) => {
    const A = scores(Q, K)
    const map = softmax(A)
    return { O: matmul(map, V), A, map }
  },
)

/** The linear projection of queries, keys or values for all heads at once:
 *  $$\hat{Q} = Q W_j^Q + b_j^Q, \quad 1 \le j \le h$$
 *  @param X N sequences of S tokens
 *  @param W the weights W_1 … W_h side by side
 *  @param b their biases (decision D9)
 *  @param h heads
 *  @throws ShapeError where h does not divide the columns of W
 *  Source: App. A.1, below Eq. (10). */
export const project = equation(
  'Projection to heads, App. A.1',
  "X[N, S, C'], W[C', h*d], b[h*d], h -> [N, h, S, d]",
  (X, W, b, h) => rearrange('[N, S, h*d] -> [N, h, S, d]', add(matmul(X, W), b), { h }),
)

/** The heads' outputs side by side, and the projection that ends Eqs. (10) and (12):
 *  $$Concat(head_1, ..., head_h) W^O + b^O$$
 *  @param O the mixed values of every head
 *  @param W_O the weights
 *  @param b_O their biases (decision D9)
 *  Source: App. A.1. */
export const joinHeads = equation(
  'Concatenation of heads, App. A.1',
  "O[N, h, S, d], W_O[h*d, C'], b_O[C'] -> [N, S, C']",
  (O, W_O, b_O) => add(matmul(rearrange('[N, h, S, d] -> [N, S, h*d]', O), W_O), b_O),
)

/** Multi-head attention:
 *  $$MultiHead(Q, K, V) = Concat(head_1, ..., head_h) W^O \tag{10}$$
 *  $$head_j = Attention(Q W_j^Q, K W_j^K, V W_j^V)$$
 *  @param Q queries: N sequences of S tokens of C' channels
 *  @param K keys
 *  @param V values
 *  @param h heads, which divide C'
 *  @param W weights and biases of the four projections
 *  @returns O, the output; A, the scores (14); map, the attention
 *  Source: App. A.1. */
export const multiHead = equation(
  'Multi-head attention, App. A.1, Eq. (10)',
  `Q[N, S, C'], K[N, S, C'], V[N, S, C'], h,
   W{W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C']}
   -> O[N, S, C'], A[N, h, S, S], map[N, h, S, S]`,
  (Q, K, V, h, { W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O }) => {
    const { O, ...rest } = attention(project(Q, W_Q, b_Q, h), project(K, W_K, b_K, h), project(V, W_V, b_V, h))
    return { O: joinHeads(O, W_O, b_O), ...rest }
  },
)
