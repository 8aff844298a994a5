import { div } from './div'
import { each, unary } from './support/unary'

/** y = ln x, the natural logarithm, element by element.  ∂x = ȳ/x. */
export const log = unary({
  name: 'log',
  reference: each(Math.log),
  flops: 1,
  onnx: { op: 'Log' },
  kernel: { each: 'Math.log(x0)' },
  derivative: (ct, _y, x) => div(ct, x),
})
