import { dtypeOf, full, type Labels, sizeOf, type Tensor } from '../tensor'
import { apply, type Primitive, typed } from '../trace'
import { elementwise } from './support/elementwise'
import { unbroadcast } from './support/unbroadcast'

/** y = a + b, broadcast.  ∂a = ȳ, ∂b = ȳ, summed over what was broadcast. */
export const addition: Primitive = {
  ...elementwise('add'),
  vjp: (_, ct, _y, a, b) => [unbroadcast(ct, a.shape), unbroadcast(ct, b.shape)],
  flops: (_, y) => sizeOf(y),
}

/** a + b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast. */
export const add = typed('a[...], b[...] -> [...]', (...xs) => apply(addition, {}, ...xs))

/** x + c, for a number c. */
export const shift = <S extends Labels>(x: Tensor<S>, c: number): Tensor<S> => add(x as Tensor, full(c, [], dtypeOf(x)))
