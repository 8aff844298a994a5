import { mul, scale } from './mul'
import { sigmoid } from './sigmoid'
import { each, unary } from './support/unary'

/** y = tanh x, element by element.  ∂x = ȳ·(1 − y²) = ȳ·4·σ(2x)·σ(−2x): 1 − y² would be 0 from x = 19 on.
 *  Differs on onnx: of denormals some digits are lost. */
export const tanh = unary({
  name: 'tanh',
  reference: each(Math.tanh),
  flops: 5,
  onnx: { op: 'Tanh' },
  // (1 − e)/(1 + e) with e = exp(−2|x|), which never overflows; near 0, where its digits cancel, the series.
  kernel: {
    where: {
      e: 'Math.exp(-2.0 * Math.abs(x0))',
      size: '(1.0 - e) / (1.0 + e)',
      q: 'x0 * x0',
      near: 'x0 * (1.0 + q * (-0.3333333333333333 + q * (0.13333333333333333 - q * 0.05396825396825397)))',
    },
    each: 'q < 0.01 ? near : x0 < 0.0 ? -size : size',
  },
  derivative: (ct, _y, x) => {
    const double = scale(x, 2)
    return mul(ct, scale(mul(sigmoid(double), sigmoid(scale(double, -1))), 4))
  },
})
