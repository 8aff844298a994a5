import { add, layerNorm, matmul, mean, rearrange, slice } from '../primitives'
import { equation } from '../trace'

/** The class tokens of a clip, averaged over its frames (decision D6).
 *  @param Y the aggregated feature in the temporal layout: N = 1+P positions of B clips, T frames
 *  @param B clips
 *  Source: Sec. 3.1, "MLP head for classification". */
export const classPool = equation('Pooling of class tokens, Sec. 3.1', "Y[B*N, T, C'], B -> [B, C']", (Y, B) => {
  const positions = rearrange("[B*N, T, C'] -> [B, N, T, C']", Y, { B })
  return rearrange("[B, 1, 1, C'] -> [B, C']", mean(slice(positions, 1, 0, 1), [1, 2]))
})

/** All tokens of a clip, averaged: the other reading of decision D6.
 *  @param Y the aggregated feature in the temporal layout: N = 1+P positions of B clips, T frames
 *  @param B clips */
export const meanPool = equation('Pooling of all tokens, Sec. 3.1', "Y[B*N, T, C'], B -> [B, C']", (Y, B) =>
  rearrange("[B, 1, 1, C'] -> [B, C']", mean(rearrange("[B*N, T, C'] -> [B, N, T, C']", Y, { B }), [1, 2])),
)

/** The MLP head, "a LN layer and a linear layer":
 *  $$logits = LN(y) W + b$$
 *  @param y one vector of C' channels for each of B clips
 *  @param W gain and bias of the layer norm, weight and bias of the linear layer to K classes
 *  @returns logits, whose softmax gives the class scores
 *  Source: Sec. 3.1, "MLP head for classification". */
export const head = equation(
  'MLP head, Sec. 3.1',
  "y[B, C'], W{gain[C'], bias[C'], W[C', K], b[K]} -> logits[B, K]",
  (y, { gain, bias, W, b }) => add(matmul(layerNorm(y, gain, bias), W), b),
)
