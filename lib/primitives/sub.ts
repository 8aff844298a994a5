import { flat } from '../tensor'
import { scale } from './mul'
import { binary } from './support/binary'
import { unbroadcast } from './support/unbroadcast'

/** y = a − b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ, ∂b = −ȳ, summed over what was broadcast. */
export const sub = binary({
  name: 'sub',
  reference: (out, a, b) => {
    const [to, x, y] = [out.data, flat(a), flat(b)]
    for (let i = 0; i < to.length; i++) to[i] = x[i]! - y[i]!
  },
  flops: 1,
  onnx: { op: 'Sub' },
  kernel: { each: 'x0 - x1' },
  // The sum first: it leaves fewer elements to negate.
  derivative: (ct, _y, _a, b) => [ct, scale(unbroadcast(ct, b.shape), -1)],
})
