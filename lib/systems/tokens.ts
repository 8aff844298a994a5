/** Tokens as the systems arrange them. */
import { add, concat, matmul, mean, rearrange, slice, split } from '../primitives'
import { equation } from '../trace'

/** One class token for a clip, and its patches position by position, in place of one for each frame.
 *  @param V_0 S = 1+P tokens in each of T frames of B clips, whose class tokens are the same in all frames
 *  @param T frames
 *  Source: Bertasius et al. (2021), Sec. 3. */
export const joinFrames = equation(
  'One class token for a clip, Bertasius et al., Sec. 3',
  "V_0[B*T, 1+P, C'], T -> [B, 1+P*T, C']",
  (V_0, T, { P }) => {
    const [cls, patches] = split(V_0, 1, [1, P])
    const first = slice(rearrange("[B*T, 1, C'] -> [B, T, C']", cls, { T }), 1, 0, 1)
    return concat(1, first, rearrange("[B*T, P, C'] -> [B, P*T, C']", patches, { T }))
  },
)

/** Splits clips into tubelets of F frames × M × M pixels, each flattened in the order (C, F, M, M), and maps each linearly:
 *  @param X clips: B of them, C channels, T·F frames, I·M × J·M pixels
 *  @param F frames of a tubelet
 *  @param M the side of a tubelet, in pixels
 *  @param W the linear layer's weight `W` and bias `b`
 *  @returns V, the tubelets of every time in row-major order
 *  Source: Arnab et al. (2021), Sec. 3.2. */
export const tubeletEmbedding = equation(
  'Tubelet embedding, Arnab et al., Sec. 3.2',
  "X[B, C, T*F, I*M, J*M], F, M, W{W[C*F*M*M, C'], b[C']} -> V[B*T, I*J, C']",
  (X, F, M, { W, b }) => {
    const tubelets = rearrange('[B, C, T*F, I*M, J*N] -> [B*T, I*J, C*F*M*N]', X, { F, M, N: M })
    return add(matmul(tubelets, W), b)
  },
)

/** The class tokens of T sequences of a clip, one after another.
 *  @param V S tokens, the first of which is the class token, in each of T frames of B clips
 *  @param T frames */
export const classTokens = equation('Class tokens of frames', "V[B*T, S, C'], T -> [B, T, C']", (V, T) =>
  rearrange("[B*T, 1, C'] -> [B, T, C']", slice(V, 1, 0, 1), { T }),
)

/** A class token before every sequence, and positions added to all.
 *  @param V_cls the learnable token
 *  @param V N sequences of S tokens
 *  @param P the position embedding, of the class token and of S tokens */
export const withClassToken = equation(
  'Class token and positions',
  "V_cls[1, 1, C'], V[N, S, C'], P[1, 1+S, C'] -> [N, 1+S, C']",
  (V_cls, V, P, { N }) => add(concat(1, rearrange("[1, 1, C'] -> [N, 1, C']", V_cls, { N }), V), P),
)

/** The class token of every sequence.
 *  @param V N sequences whose first token is the class token */
export const firstToken = equation('Class token', "V[N, S, C'] -> [N, C']", V =>
  rearrange("[N, 1, C'] -> [N, C']", slice(V, 1, 0, 1)),
)

/** The class tokens of all frames of a clip, averaged.
 *  @param V S tokens, the first of which is the class token, in each of T frames of B clips
 *  @param T frames */
export const meanOfFrames = equation('Mean class token of frames', "V[B*T, S, C'], T -> [B, C']", (V, T) =>
  rearrange("[B, 1, C'] -> [B, C']", mean(classTokens(V, T), [1])),
)
