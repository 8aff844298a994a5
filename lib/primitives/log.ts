import ops from 'ndarray-ops'
import { div } from './div'
import { unary } from './support/unary'

/** y = ln x.  ∂x = ȳ/x. */
export const { primitive: logarithm, operation: log } = unary(
  'log',
  ops.log,
  1,
  { op: 'Log' },
  { each: 'Math.log(x0)' },
  (ct, _y, x) => div(ct, x),
)
