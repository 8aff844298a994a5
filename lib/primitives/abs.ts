import { dtypeOf, full } from '../tensor'
import { greater } from './greater'
import { mul } from './mul'
import { sub } from './sub'
import { each, unary } from './support/unary'

/** y = |x|, element by element.  ∂x = ȳ·sign x, which is 0 for x = 0. */
export const abs = unary({
  name: 'abs',
  reference: each(Math.abs),
  flops: 1,
  onnx: { op: 'Abs' },
  kernel: { each: 'Math.abs(x0)' },
  derivative: (ct, _y, x) => {
    const zero = full(0, [], dtypeOf(x))
    return mul(ct, sub(greater(x, zero), greater(zero, x)))
  },
})
