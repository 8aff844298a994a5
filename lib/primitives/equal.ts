import ops from 'ndarray-ops'
import { dtypeOf, fromArray, sizeOf, type Tensor } from '../tensor'
import { apply, type Primitive, typed } from '../trace'
import { reshape } from './reshape'
import { broadcasted } from './support/elementwise'

/** y = 1 where a = b, else 0, broadcast. It is constant almost everywhere: it has no derivative. */
export const equality: Primitive = {
  ...broadcasted('equal', ops.eq),
  vjp: () => [null, null],
  flops: (_, y) => sizeOf(y),
  onnx: () => ({ op: 'Cast', inputs: [{ op: 'Equal', inputs: [0, 1] }], attributes: { to: 'dtype' } }),
  kernel: () => ({ each: 'x0 === x1 ? 1.0 : 0.0' }),
}

/** 1 where two tensors are equal, 0 elsewhere; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast. */
export const equal = typed('a[...], b[...] -> [...]', (...xs) => apply(equality, {}, ...xs))

/** Class indices as rows of zeros with a single 1: `[B] -> [B, K]`; a row of zeros for an index outside 0 … K−1. */
export const oneHot = <B extends string>(labels: Tensor<[B]>, K: number): Tensor<[B, 'K']> => {
  const classes = fromArray([...Array(K).keys()], [1, K], dtypeOf(labels))
  return equal(reshape(labels, [labels.shape[0]!, 1]), classes)
}
