import { div } from './div'
import { scale } from './mul'
import { each, unary } from './support/unary'

/** y = √x, element by element.  ∂x = ȳ/(2y). */
export const sqrt = unary({
  name: 'sqrt',
  reference: each(Math.sqrt),
  flops: 1,
  onnx: { op: 'Sqrt' },
  kernel: { each: 'Math.sqrt(x0)' },
  derivative: (ct, y) => div(scale(ct, 0.5), y),
})
