import { add, gelu, layerNorm, matmul } from '../primitives'
import { equation } from '../trace'
import { crossMultiHead } from './cross-stage-attention'

/** Two linear layers with a GELU between them:
 *  $$MLP(X) = GELU(X W_1 + b_1) W_2 + b_2$$
 *  @param X N sequences of S tokens of C' channels
 *  @param W weights and biases; F = 4·C' in an STB and C' in a TTB
 *  Source: Sec. 3.1, "MLPs in STB and TTB". */
export const mlp = equation(
  'MLP, Sec. 3.1',
  "X[N, S, C'], W{W_1[C', F], b_1[F], W_2[F, C'], b_2[C']} -> [N, S, C']",
  (X, { W_1, b_1, W_2, b_2 }) => add(matmul(gelu(add(matmul(X, W_1), b_1)), W_2), b_2),
)

/** A transformer block: an STB where the tokens are those of one frame, a TTB where they are one position in all frames:
 *  $$V'_i = MSA(LN(V_{i-1})) + V_{i-1} \tag{5}$$
 *  $$V_i = MLP(LN(V'_i)) + V'_i \tag{6}$$
 *  MSA is cross-stage, Eq. (12), where `A_prev` is of S tokens too.
 *  @param V V_{i−1}: N sequences of S tokens of C' channels
 *  @param A_prev the scores of the block before, with as many heads; the scalar 0 for A_0
 *  @param alpha α_i, any shape that broadcasts with the scores
 *  @param h heads, which divide C'
 *  @param W gain and bias of both layer norms, and the weights of (12) and of the MLP
 *  @returns V, the output V_i; V_mid, the V'_i of (5); A, the scores A_i; map, the attention; fused, the scores that went
 *  into the softmax
 *  Source: Sec. 3.1, "Cross-stage structure". */
export const block = equation(
  'Transformer block, Sec. 3.1, Eqs. (5), (6)',
  `V[N, S, C'], A_prev[N', h, S', S']?, alpha[...], h,
   W{gain_1[C'], bias_1[C'],
     W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C'],
     gain_2[C'], bias_2[C'], W_1[C', F], b_1[F], W_2[F, C'], b_2[C']}
   -> V[N, S, C'], V_mid[N, S, C'], A[N, h, S, S], map[N, h, S, S], fused[N, h, S, S]`,
  (V, A_prev, alpha, h, W) => {
    const X = layerNorm(V, W.gain_1, W.bias_1)
    const { O, ...rest } = crossMultiHead(X, X, X, alpha, A_prev, h, W)
    const V_mid = add(O, V) // (5)
    const V_i = add(mlp(layerNorm(V_mid, W.gain_2, W.bias_2), W), V_mid) // (6)
    return { V: V_i, V_mid, ...rest }
  },
)
