import { mul, scale } from './mul'
import { each, unary } from './support/unary'

/** Both forms are of powers below 1, so that none overflows. */
const logistic = (v: number): number => {
  const e = Math.exp(-Math.abs(v))
  return v < 0 ? e / (1 + e) : 1 / (1 + e)
}

/** y = σ(x) = 1/(1 + e⁻ˣ), the logistic function, element by element.
 *  ∂x = ȳ·σ(x)·σ(−x): 1 − σ(x) would be 0 from x = 37 on. */
export const sigmoid = unary({
  name: 'sigmoid',
  reference: each(logistic),
  flops: 3,
  onnx: { op: 'Sigmoid' },
  kernel: { where: { e: 'Math.exp(-Math.abs(x0))' }, each: 'x0 < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e)' },
  derivative: (ct, y, x) => mul(ct, mul(y, sigmoid(scale(x, -1)))),
})
