import { dtypeOf, over, ShapeError, storage, type Tensor } from '../tensor'
import { count, strict, tensor } from '../tensor/given'
import { reshape } from './reshape'
import { binary, eachPair } from './support/binary'

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

/** Class indices as rows of zeros with a single 1: `[B] -> [B, K]`; a row of zeros for an index outside 0 … K−1. Throws ShapeError
 *  for labels of another rank, UserError for a K that is no number of classes. */
export const oneHot = strict(
  'oneHot',
  { labels: tensor, K: count },
  <B extends string>(labels: Tensor<[B]>, K: number): Tensor<[B, 'K']> => {
    if (labels.shape.length !== 1)
      throw new ShapeError(`oneHot: the labels must have rank 1, got [${labels.shape.join(', ')}]`)
    const classes = storage(K, dtypeOf(labels)).map((_, k) => k)
    return equal(reshape(labels, [labels.shape[0]!, 1]), over(classes, [1, K]))
  },
)
