import ops from 'ndarray-ops'
import { div } from './div'
import { scale } from './mul'
import { unary } from './support/unary'

const { primitive, operation } = unary('sqrt', ops.sqrt, 1, { op: 'Sqrt' }, { each: 'Math.sqrt(x0)' }, (ct, y) =>
  div(scale(ct, 0.5), y),
)

/** y = √x.  ∂x = ȳ/(2y). */
export const squareRoot = primitive
/** √x, element by element. */
export const sqrt = operation
