import { dtypeOf, full } from '../tensor'
import type { EachKernel, OnnxNode } from '../trace'
import { add, shift } from './add'
import { erf } from './erf'
import { exp } from './exp'
import { mul, scale } from './mul'
import { sub } from './sub'
import { errorFunction, errorFunctionKernel } from './support/error-function'
import { each, unary } from './support/unary'

/** ½·(x·(1 + erf(x/√2))): `Gelu` itself came with opset 20, and runtimes make one kernel of this form. */
const onnxErf: OnnxNode = { op: 'Erf', inputs: [{ op: 'Div', inputs: [0, { scalar: Math.SQRT2 }] }] }
const onnx: OnnxNode = {
  op: 'Mul',
  inputs: [{ op: 'Mul', inputs: [0, { op: 'Add', inputs: [onnxErf, { scalar: 1 }] }] }, { scalar: 0.5 }],
}

const erfKernel = errorFunctionKernel('(x0 * 0.7071067811865476)')
const kernel: EachKernel = { where: { ...erfKernel.where, e: erfKernel.each }, each: '0.5 * x0 * (1.0 + e)' }

/** y = x·Φ(x), Φ(x) = ½(1 + erf(x/√2)), the exact GELU (decision D9), element by element.
 *  ∂x = ȳ·(Φ(x) + x·φ(x)), φ(x) = exp(−x²/2)/√(2π): with u = x/√2, ∂x = ½·ȳ·(1 + erf u + u·exp(ln(2/√π) − u²)). */
export const gelu = unary({
  name: 'gelu',
  reference: each(v => 0.5 * v * (1 + errorFunction(v * Math.SQRT1_2))),
  flops: 12,
  onnx,
  kernel,
  derivative: (ct, _y, x) => {
    const u = scale(x, Math.SQRT1_2)
    const bell = exp(sub(full(Math.log(2 / Math.sqrt(Math.PI)), [], dtypeOf(x)), mul(u, u)))
    return scale(mul(ct, add(shift(erf(u), 1), mul(u, bell))), 0.5)
  },
  // u·(1 + erf u)/√2: the derivative has u and erf u too.
  expansion: x => {
    const u = scale(x, Math.SQRT1_2)
    return scale(mul(u, shift(erf(u), 1)), Math.SQRT1_2)
  },
})
