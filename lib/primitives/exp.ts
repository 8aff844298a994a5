import ops from 'ndarray-ops'
import { mul } from './mul'
import { unary } from './support/unary'

/** y = eˣ.  ∂x = ȳ·y. */
export const { primitive: exponential, operation: exp } = unary(
  'exp',
  ops.exp,
  1,
  { op: 'Exp' },
  { each: 'Math.exp(x0)' },
  (ct, y) => mul(ct, y),
)
