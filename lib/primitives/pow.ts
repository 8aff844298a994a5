import { dtypeOf, full, type Labels, shown, sizeOf, type Tensor, UserError, zeros } from '../tensor'
import { apply, type EachKernel, operation, type Primitive } from '../trace'
import { mul, scale } from './mul'
import { same } from './support/parts'
import { each } from './support/unary'

/** A whole power is made of squares of squares, as x¹³ of x⁸·x⁴·x; another one is exp(c·ln x), or what it is for 0. */
const kernelOf = (c: number): EachKernel => {
  if (!Number.isInteger(c))
    return { each: `x0 === 0.0 ? ${c < 0 ? '1.0 / Math.abs(x0)' : '0.0'} : Math.exp(${c} * Math.log(x0))` }
  const bits = Array.from(Math.abs(c).toString(2)).reverse()
  const squares = bits.map((_, i) => [`p${i}`, i === 0 ? 'x0' : `p${i - 1} * p${i - 1}`] as const)
  const power = bits.flatMap((bit, i) => (bit === '1' ? [`p${i}`] : [])).join(' * ') || '1.0'
  return { where: Object.fromEntries(squares), each: c < 0 ? `1.0 / (${power})` : power }
}

/** y = xᶜ for a number c, element by element; NaN for x < 0 unless c is whole.  ∂x = ȳ·c·xᶜ⁻¹.
 *  Differs on cpu and webasm: of −∞ a power that is not whole is NaN. */
const primitive: Primitive<{ readonly exponent: number }> = {
  name: 'pow',
  shape: (_, x) => [...x],
  reference: ({ exponent }, x) => {
    const y = zeros(x.shape, dtypeOf(x))
    each(v => v ** exponent)(y, x)
    return y
  },
  vjp: ({ exponent: c }, ct, _y, x) => {
    if (c === 0) return [full(0, x.shape, dtypeOf(x))]
    return [c === 1 ? ct : scale(mul(ct, pow(x, c - 1)), c)]
  },
  flops: (_, y) => 3 * sizeOf(y),
  onnx: ({ exponent }) => ({ op: 'Pow', inputs: [0, { scalar: exponent }] }),
  kernel: ({ exponent }) => kernelOf(exponent),
  needs: same,
}

/** xᶜ of every element, for a number c. Throws UserError where it is none. */
export const pow = operation(primitive, <S extends Labels>(x: Tensor<S>, c: number): Tensor<S> => {
  if (!Number.isFinite(c)) throw new UserError(`pow: the exponent must be a finite number, got ${shown(c)}`)
  return apply(primitive, { exponent: c }, x)
})
