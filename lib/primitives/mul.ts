import { dtypeOf, full, type Labels, sizeOf, type Tensor } from '../tensor'
import { apply, type Primitive, typed } from '../trace'
import { elementwise } from './support/elementwise'
import { unbroadcast } from './support/unbroadcast'

/** y = a · b, element by element, broadcast.  ∂a = ȳ·b, ∂b = ȳ·a, summed over what was broadcast. */
export const multiplication: Primitive = {
  ...elementwise('mul'),
  vjp: (_, ct, _y, a, b) => [unbroadcast(mul(ct, b), a.shape), unbroadcast(mul(ct, a), b.shape)],
  flops: (_, y) => sizeOf(y),
}

/** a · b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast. */
export const mul = typed('a[...], b[...] -> [...]', (...xs) => apply(multiplication, {}, ...xs))

/** c · x, for a number c. */
export const scale = <S extends Labels>(x: Tensor<S>, c: number): Tensor<S> => mul(x as Tensor, full(c, [], dtypeOf(x)))
