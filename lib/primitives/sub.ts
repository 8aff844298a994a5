import { sizeOf } from '../tensor'
import { apply, type Primitive, typed } from '../trace'
import { scale } from './mul'
import { elementwise } from './support/elementwise'
import { unbroadcast } from './support/unbroadcast'

/** y = a − b, broadcast.  ∂a = ȳ, ∂b = −ȳ, summed over what was broadcast. */
export const subtraction: Primitive = {
  ...elementwise('sub'),
  vjp: (_, ct, _y, a, b) => [unbroadcast(ct, a.shape), scale(unbroadcast(ct, b.shape), -1)],
  flops: (_, y) => sizeOf(y),
}

/** a − b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast. */
export const sub = typed('a[...], b[...] -> [...]', (...xs) => apply(subtraction, {}, ...xs))
