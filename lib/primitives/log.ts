import ops from 'ndarray-ops'
import { div } from './div'
import { unary } from './support/unary'

/** y = ln x, the natural logarithm, element by element.  ∂x = ȳ/x. */
export const log = unary({
  name: 'log',
  reference: ops.log,
  flops: 1,
  onnx: { op: 'Log' },
  kernel: { each: 'Math.log(x0)' },
  derivative: (ct, _y, x) => div(ct, x),
})
