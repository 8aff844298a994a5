import { dtypeOf, fromArray, type Tensor } from '../tensor'
import { reshape } from './reshape'
import { operand, strict } from '../trace'
import { binary, eachPair } from './support/binary'
import { wholeNumbers } from './support/whole-numbers'

/** y = 1 where a = b, else 0; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  It is constant almost everywhere: it has no derivative. */
export const equal = binary({
  name: 'equal',
  reference: eachPair((a, b) => Number(a === b)),
  flops: 1,
  onnx: { op: 'Cast', inputs: [{ op: 'Equal', inputs: [0, 1] }], attributes: { to: 'dtype' } },
  kernel: { each: 'x0 === x1 ? 1.0 : 0.0' },
  derivative: () => [null, null],
})

/** Class indices as rows of zeros with a single 1: `[B] -> [B, K]`; a row of zeros for an index outside 0 … K−1. */
export const oneHot = strict('oneHot', <B extends string>(labels: Tensor<[B]>, K: number): Tensor<[B, 'K']> => {
  operand('oneHot', 0, labels)
  wholeNumbers('oneHot', { K }, 1)
  const classes = fromArray([...Array(K).keys()], [1, K], dtypeOf(labels))
  return equal(reshape(labels, [labels.shape[0]!, 1]), classes)
})
