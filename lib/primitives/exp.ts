import ops from 'ndarray-ops'
import { mul } from './mul'
import { unary } from './support/unary'

const { primitive, operation } = unary('exp', ops.exp, 1, { op: 'Exp' }, { each: 'Math.exp(x0)' }, (ct, y) =>
  mul(ct, y),
)

/** y = eˣ.  ∂x = ȳ·y. */
export const exponential = primitive
/** eˣ, element by element. */
export const exp = operation
