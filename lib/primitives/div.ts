import { flat } from '../tensor'
import { mul, scale } from './mul'
import { binary } from './support/binary'

/** y = a / b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ/b, ∂b = −ȳ·y/b, summed over what was broadcast. */
export const div = binary({
  name: 'div',
  reference: (out, a, b) => {
    const [to, x, y] = [out.data, flat(a), flat(b)]
    for (let i = 0; i < to.length; i++) to[i] = x[i]! / y[i]!
  },
  flops: 1,
  onnx: { op: 'Div' },
  kernel: { each: 'x0 / x1' },
  derivative: (ct, y, _a, b) => {
    const da = div(ct, b)
    return [da, scale(mul(da, y), -1)]
  },
})
