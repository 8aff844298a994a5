import { add, shift } from './add'
import { erf } from './erf'
import { exp } from './exp'
import { mul, scale } from './mul'
import { errorFunction } from './support/error-function'
import { unary } from './support/unary'

/** y = x·Φ(x), Φ(x) = ½(1 + erf(x/√2)), the exact GELU (decision D9).  ∂x = ȳ·(Φ(x) + x·φ(x)), φ(x) = exp(−x²/2)/√(2π). */
export const { primitive: gaussianErrorLinearUnit, operation: gelu } = unary(
  'gelu',
  v => 0.5 * v * (1 + errorFunction(v * Math.SQRT1_2)),
  12,
  (ct, _y, x) => {
    const Phi = scale(shift(erf(scale(x, Math.SQRT1_2)), 1), 0.5)
    const phi = scale(exp(scale(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
    return mul(ct, add(Phi, mul(x, phi)))
  },
)
