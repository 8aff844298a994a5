import { binary, eachPair } from './support/binary'

/** y = 1 where a > b, else 0; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  It is constant almost everywhere: it has no derivative. */
export const greater = binary({
  name: 'greater',
  reference: eachPair((a, b) => (a > b ? 1 : 0)),
  flops: 1,
  onnx: { op: 'Cast', inputs: [{ op: 'Greater', inputs: [0, 1] }], attributes: { to: 'dtype' } },
  kernel: { each: 'x0 > x1 ? 1.0 : 0.0' },
  derivative: () => [null, null],
})
