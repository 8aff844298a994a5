import { mul } from './mul'
import { each, unary } from './support/unary'

/** y = eˣ, element by element.  ∂x = ȳ·y. */
export const exp = unary({
  name: 'exp',
  reference: each(Math.exp),
  flops: 1,
  onnx: { op: 'Exp' },
  kernel: { each: 'Math.exp(x0)' },
  derivative: (ct, y) => mul(ct, y),
})
