import ops from 'ndarray-ops'
import { div } from './div'
import { scale } from './mul'
import { unary } from './support/unary'

/** y = √x.  ∂x = ȳ/(2y). */
export const { primitive: squareRoot, operation: sqrt } = unary(
  'sqrt',
  ops.sqrt,
  1,
  { op: 'Sqrt' },
  { each: 'Math.sqrt(x0)' },
  (ct, y) => div(scale(ct, 0.5), y),
)
