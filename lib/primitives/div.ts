import { sizeOf } from '../tensor'
import { apply, type Primitive, typed } from '../trace'
import { mul, scale } from './mul'
import { elementwise } from './support/elementwise'
import { unbroadcast } from './support/unbroadcast'

/** y = a / b, broadcast.  ∂a = ȳ/b, ∂b = −ȳ·y/b, summed over what was broadcast. */
export const division: Primitive = {
  ...elementwise('div'),
  vjp: (_, ct, y, a, b) => {
    const da = div(ct, b)
    return [unbroadcast(da, a.shape), unbroadcast(scale(mul(da, y), -1), b.shape)]
  },
  flops: (_, y) => sizeOf(y),
}

/** a / b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast. */
export const div = typed('a[...], b[...] -> [...]', (...xs) => apply(division, {}, ...xs))
