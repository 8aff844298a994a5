import { exp } from './exp'
import { mul, scale } from './mul'
import { errorFunction, errorFunctionKernel } from './support/error-function'
import { each, unary } from './support/unary'

const { primitive, operation } = unary(
  'erf',
  each(errorFunction),
  8,
  { op: 'Erf' },
  errorFunctionKernel('x0'),
  (ct, _y, x) => mul(ct, scale(exp(scale(mul(x, x), -1)), 2 / Math.sqrt(Math.PI))),
)

/** y = erf x = 2/√π ∫₀ˣ exp(−t²) dt.  ∂x = ȳ · 2/√π · exp(−x²). */
export const erfPrimitive = primitive
/** The error function of every element: erf x = 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf = operation
