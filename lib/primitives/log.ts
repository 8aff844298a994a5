import ops from 'ndarray-ops'
import { div } from './div'
import { unary } from './support/unary'

const { primitive, operation } = unary('log', ops.log, 1, { op: 'Log' }, { each: 'Math.log(x0)' }, (ct, _y, x) =>
  div(ct, x),
)

/** y = ln x.  ∂x = ȳ/x. */
export const logarithm = primitive
/** The natural logarithm of every element. */
export const log = operation
