import { mul, scale } from './mul'
import { sin } from './sin'
import { sineKernel } from './support/sine-kernel'
import { each, unary } from './support/unary'

/** y = cos x, of radians, element by element.  ∂x = −ȳ·sin x.
 *  Differs on cpu and webasm: beyond 10⁴ digits are lost, and those of the largest numbers are no sines. */
export const cos = unary({
  name: 'cos',
  reference: each(Math.cos),
  flops: 8,
  onnx: { op: 'Cos' },
  kernel: sineKernel('cos'),
  // The derivative of the cosine is the sine, and that of the sine the cosine: these two files need each other.
  derivative: (ct, _y, x) => scale(mul(ct, sin(x)), -1),
})
