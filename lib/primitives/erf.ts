import { exp } from './exp'
import { mul, scale } from './mul'
import { errorFunction, errorFunctionKernel } from './support/error-function'
import { each, unary } from './support/unary'

/** y = erf x = 2/√π ∫₀ˣ exp(−t²) dt, the error function, element by element.  ∂x = ȳ · 2/√π · exp(−x²). */
export const erf = unary({
  name: 'erf',
  reference: each(errorFunction),
  flops: 8,
  onnx: { op: 'Erf' },
  kernel: errorFunctionKernel('x0'),
  derivative: (ct, _y, x) => mul(ct, scale(exp(scale(mul(x, x), -1)), 2 / Math.sqrt(Math.PI))),
})
