import { cos } from './cos'
import { mul } from './mul'
import { sineKernel } from './support/sine-kernel'
import { each, unary } from './support/unary'

/** y = sin x, of radians, element by element.  ∂x = ȳ·cos x.
 *  Differs on cpu and webasm: beyond 10⁴ digits are lost, and those of the largest numbers are no sines. */
export const sin = unary({
  name: 'sin',
  reference: each(Math.sin),
  flops: 8,
  onnx: { op: 'Sin' },
  kernel: sineKernel('sin'),
  // The derivative of the sine is the cosine, and that of the cosine the sine: these two files need each other.
  derivative: (ct, _y, x) => mul(ct, cos(x)),
})
