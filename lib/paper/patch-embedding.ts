import { add, matmul, rearrange } from '../primitives'
import { equation } from '../trace'

/** Splits every frame into patches of M × M pixels, each flattened in the order (C, M, M) (decision D7), and maps each
 *  linearly to C' channels:
 *  $$X \in \mathbb{R}^{B \times C \times T \times H \times W} \to V \in \mathbb{R}^{(B \cdot T) \times P \times C'}, \quad P = \frac{H \cdot W}{M^2}$$
 *  @param X clips: B of them, C channels, T frames, H = I·M rows and W = J·M columns of pixels
 *  @param M the side of a patch, in pixels
 *  @param W the linear layer's weight `W` and bias `b`
 *  @returns V, the patches of every frame in row-major order
 *  @throws ShapeError where H or W is not a multiple of M
 *  Source: Sec. 3.1, "Patch embedding". */
export const patchEmbedding = equation(
  'Patch embedding, Sec. 3.1',
  "X[B, C, T, I*M, J*M], M, W{W[C*M*M, C'], b[C']} -> V[B*T, I*J, C']",
  (X, M, { W, b }) => {
    const patches = rearrange('[B, C, T, I*M, J*N] -> [B*T, I*J, C*M*N]', X, { M, N: M })
    return add(matmul(patches, W), b)
  },
)

/** Repeats the classification token for every frame:
 *  $$V_{cls} \in \mathbb{R}^{1 \times 1 \times C'} \to V_{cls} \in \mathbb{R}^{(B \cdot T) \times 1 \times C'}$$
 *  @param V_cls the learnable token, initially 0
 *  @param B clips
 *  @param T frames of a clip
 *  Source: Sec. 3.1, "Classification token". */
export const classToken = equation(
  'Classification token, Sec. 3.1',
  "V_cls[1, 1, C'], B, T -> V_cls[B*T, 1, C']",
  (V_cls, B, T) => rearrange("[1, 1, C'] -> [B*T, 1, C']", V_cls, { B, T }),
)
