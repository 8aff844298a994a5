import { dtypeOf, full } from '../tensor'
import { greater } from './greater'
import { mul } from './mul'
import { each, unary } from './support/unary'

/** y = max(x, 0), NaN for NaN, element by element.  ∂x = ȳ where x > 0. */
export const relu = unary({
  name: 'relu',
  reference: each(v => (v < 0 ? 0 : v)),
  flops: 1,
  onnx: { op: 'Relu' },
  kernel: { each: 'x0 < 0.0 ? 0.0 : x0' },
  derivative: (ct, _y, x) => mul(ct, greater(x, full(0, [], dtypeOf(x)))),
})
