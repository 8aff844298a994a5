import { dtypeOf, fromArray, over, type Shape, ShapeError, sizeOf, storage, type Tensor } from '../tensor'
import { count, listOf, real, strict, tensor } from '../tensor/given'
import { add, gather, layerNorm, matmul, mul, rearrange, reshape, scale, softmax, transpose } from '../primitives'
import { equation } from '../trace'
import { joinHeads, project } from './attention'
import { mlp } from './block'

/** Cross-stage attention with a mask or a bias on its scores, and with keys and values of another length than the queries:
 *  $$Softmax(A_i + \alpha_i * A_{i-1} + M) \hat{V}_i$$
 *  With M = 0 and as many keys as queries it is Eq. (13). What crosses to the next block are the scores A_i without M, so that
 *  a mask of one block is none of the next. A query whose keys are all masked has no attention: NaN.
 *  @param Q queries: N sequences, h heads, S tokens, d channels of a head
 *  @param K keys: M tokens
 *  @param V values
 *  @param alpha α_i, any shape that broadcasts with the scores
 *  @param A_prev the scores of the block before; the scalar 0 for none
 *  @param mask what is added to the scores, of any shape that broadcasts with them: 0 where a query sees a key and −∞ where it
 *  does not (`causalMask`, `windowMask`, `paddingMask`), or a bias that is learnt; a scalar 0 for none
 *  @returns O, the mixed values; A, the scores A_i; map, the attention, whose rows sum to 1
 *  Source: App. A.1, Eqs. (13), (14), which it extends. */
export const maskedAttention = equation(
  'Masked cross-stage attention, App. A.1',
  `Q[N, h, S, d], K[N, h, M, d], V[N, h, M, d], alpha[...], A_prev[N, h, S, M]?, mask[...mask]
   -> O[N, h, S, d], A[N, h, S, M], map[N, h, S, M]`,
  (Q, K, V, alpha, A_prev, mask, { d }) => {
    const A = scale(matmul(Q, transpose(K)), 1 / Math.sqrt(d)) // (14)
    const crossed = A_prev.shape.length === 0 ? A : add(A, mul(alpha, A_prev)) // (13)
    const map = softmax(add(crossed, mask))
    return { O: matmul(map, V), A, map }
  },
)

/** Multi-head cross-stage attention, Eq. (12), of `maskedAttention`.
 *  @param X N sequences of S tokens of C' channels, which ask
 *  @param Y N sequences of M tokens, which are asked; X itself in self-attention
 *  @param alpha α_i, any shape that broadcasts with the scores
 *  @param A_prev the scores of the block before; the scalar 0 for none
 *  @param mask what is added to the scores
 *  @param h heads, which divide C'
 *  @param W weights and biases of the four projections
 *  @returns O, the output; A, the scores A_i; map, the attention
 *  Source: App. A.1, Eq. (12), which it extends. */
export const maskedMultiHead = equation(
  'Masked multi-head cross-stage attention, App. A.1',
  `X[N, S, C'], Y[N, M, C'], alpha[...], A_prev[N, h, S, M]?, mask[...mask], h,
   W{W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C']}
   -> O[N, S, C'], A[N, h, S, M], map[N, h, S, M]`,
  (X, Y, alpha, A_prev, mask, h, { W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O }) => {
    const heads = [project(X, W_Q, b_Q, h), project(Y, W_K, b_K, h), project(Y, W_V, b_V, h)] as const
    const { O, ...rest } = maskedAttention(...heads, alpha, A_prev, mask)
    return { O: joinHeads(O, W_O, b_O), ...rest }
  },
)

/** A transformer block, Eqs. (5) and (6), whose attention is `maskedMultiHead` of its own tokens.
 *  @param V V_{i−1}: N sequences of S tokens of C' channels
 *  @param A_prev the scores of the block before; the scalar 0 for none
 *  @param alpha α_i, any shape that broadcasts with the scores
 *  @param mask what is added to the scores
 *  @param h heads, which divide C'
 *  @param W gain and bias of both layer norms, and the weights of the attention and of the MLP
 *  @returns V, the output V_i; V_mid, the V'_i of (5); A, the scores A_i; map, the attention
 *  Source: Sec. 3.1, "Cross-stage structure", which it extends. */
export const maskedBlock = equation(
  'Masked transformer block, Sec. 3.1',
  `V[N, S, C'], A_prev[N, h, S, S]?, alpha[...], mask[...mask], h,
   W{gain_1[C'], bias_1[C'],
     W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C'],
     gain_2[C'], bias_2[C'], W_1[C', F], b_1[F], W_2[F, C'], b_2[C']}
   -> V[N, S, C'], V_mid[N, S, C'], A[N, h, S, S], map[N, h, S, S]`,
  (V, A_prev, alpha, mask, h, W) => {
    const X = layerNorm(V, W.gain_1, W.bias_1)
    const { O, ...rest } = maskedMultiHead(X, X, alpha, A_prev, mask, h, W)
    const V_mid = add(O, V) // (5)
    const V_i = add(mlp(layerNorm(V_mid, W.gain_2, W.bias_2), W), V_mid) // (6)
    return { V: V_i, V_mid, ...rest }
  },
)

// ---- masks -----------------------------------------------------------------------------------------------------------

/** 0 where a query at place i sees the key at place j, else −∞. */
const maskOf = (S: number, M: number, sees: (i: number, j: number) => boolean): Tensor =>
  over(
    storage(S * M, 'float32').map((_, k) => (sees(Math.floor(k / M), k % M) ? 0 : -Infinity)),
    [S, M],
  )

/** A token sees itself and those before it: `[S, S]`. */
export const causalMask = strict('causalMask', { S: count }, (S: number): Tensor => maskOf(S, S, (i, j) => j <= i))

/** A token sees those that are at most `radius` places away: `[S, S]`. */
export const windowMask = strict('windowMask', { S: count, radius: real }, (S: number, radius: number): Tensor =>
  maskOf(S, S, (i, j) => Math.abs(i - j) <= radius),
)

/** Sequences of M places see their first tokens, as many as they are long, and not what fills the rest: `[N, 1, 1, M]`, which
 *  broadcasts over heads and queries. */
export const paddingMask = strict(
  'paddingMask',
  { lengths: listOf(real, 1), M: count },
  (lengths: readonly number[], M: number): Tensor => {
    const mask = maskOf(lengths.length, M, (n, j) => j < lengths[n]!)
    return reshape(mask, [lengths.length, 1, 1, M])
  },
)

/** The relative position bias of Swin (Liu et al., 2021), to be added to scores: a learnt number for each head and each way from a
 *  query to a key, on a grid of tokens in row-major order.
 *  @param table a row of h numbers for each way, which is −(n−1) … n−1 along an axis of n tokens: the ways in row-major order
 *  @param sizes tokens along each axis of the grid, `[M, M]` of a window; their product is S
 *  @returns `[h, S, S]`
 *  Throws ShapeError for a table of another number of rows. */
export const relativeBias = strict(
  'relativeBias',
  { table: tensor, sizes: listOf(count, 1) },
  (table: Tensor<['R', 'h']>, sizes: Shape): Tensor<['h', 'S', 'S']> => {
    const [S, R] = [sizeOf(sizes), sizeOf(sizes.map(n => 2 * n - 1))]
    if (table.shape.length !== 2 || table.shape[0] !== R)
      throw new ShapeError(
        `relativeBias: the table must have ${R} rows for [${sizes.join(', ')}], got [${table.shape.join(', ')}]`,
      )
    const place = (token: number, axis: number): number =>
      Math.floor(token / sizeOf(sizes.slice(axis + 1))) % sizes[axis]!
    const way = (i: number, j: number): number =>
      sizes.reduce((row, n, axis) => row * (2 * n - 1) + place(i, axis) - place(j, axis) + n - 1, 0)
    const ways: Tensor<['S', 'S']> = fromArray(
      Array.from({ length: S * S }, (_, k) => way(Math.floor(k / S), k % S)),
      [S, S],
      dtypeOf(table),
    )
    return rearrange('[S, M, h] -> [h, S, M]', gather(table, ways) as Tensor)
  },
)
