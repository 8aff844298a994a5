import { mul } from './mul'
import { binary, eachPair } from './support/binary'
import { share } from './support/share'

/** y = the larger of a and b, NaN where one of them is; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ where a > b, ∂b = ȳ where b > a, half of it each where they are equal; summed over what was broadcast. */
export const maximum = binary({
  name: 'maximum',
  reference: eachPair(Math.max),
  flops: 1,
  onnx: { op: 'Max' },
  kernel: { each: 'x0 > x1 || x0 !== x0 ? x0 : x1' },
  derivative: (ct, _y, a, b) => [mul(ct, share(a, b)), mul(ct, share(b, a))],
})
