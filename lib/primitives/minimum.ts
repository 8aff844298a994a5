import { mul } from './mul'
import { binary, eachPair } from './support/binary'
import { share } from './support/share'

/** y = the smaller of a and b, NaN where one of them is; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ where a < b, ∂b = ȳ where b < a, half of it each where they are equal; summed over what was broadcast. */
export const minimum = binary({
  name: 'minimum',
  reference: eachPair(Math.min),
  flops: 1,
  onnx: { op: 'Min' },
  kernel: { each: 'x0 < x1 || x0 !== x0 ? x0 : x1' },
  derivative: (ct, _y, a, b) => [mul(ct, share(b, a)), mul(ct, share(a, b))],
})
