import { broadcast, dtypeOf, flat, full, over, repeated, ShapeError, sizeOf, storage } from '../tensor'
import { apply, operation, type Primitive, typed } from '../trace'
import { elementwise } from './support/parts'
import { unbroadcast } from './support/unbroadcast'

const BOOL = 9 // ONNX's number for the type

/** y = a where the condition c is not 0, else b.  ∂a = ȳ where c is not 0, ∂b = ȳ elsewhere, summed over what was broadcast.
 *  It is a choice, not a sum: what is not chosen may be infinite, or NaN. */
const primitive: Primitive = {
  name: 'where',
  shape: (_, ...xs) => {
    const [c, a, b] = xs
    const shape = broadcast(c!, broadcast(a!, b!) ?? [NaN])
    if (!shape || shape.some(Number.isNaN))
      throw new ShapeError(
        `where: sizes must be equal or 1 to broadcast, got ${xs.map(x => `[${x.join(', ')}]`).join(', ')}`,
      )
    return shape
  },
  reference: (p, ...xs) => {
    const shape = primitive.shape(p, ...xs.map(x => x.shape))
    const [c, a, b] = xs.map(x => flat(repeated(x, shape)))
    const y = storage(sizeOf(shape), dtypeOf(xs[0]!))
    for (let i = 0; i < y.length; i++) y[i] = c![i] !== 0 ? a![i]! : b![i]!
    return over(y, shape)
  },
  vjp: (_, ct, _y, c, a, b) => {
    const zero = full(0, [], dtypeOf(ct))
    return [null, unbroadcast(where(c, ct, zero), a.shape), unbroadcast(where(c, zero, ct), b.shape)]
  },
  flops: (_, y) => sizeOf(y),
  onnx: () => ({ op: 'Where', inputs: [{ op: 'Cast', inputs: [0], attributes: { to: BOOL } }, 1, 2] }),
  kernel: () => ({ each: 'x0 !== 0.0 ? x1 : x2' }),
  needs: elementwise,
}

/** The elements of a where the condition is not 0, those of b elsewhere; sizes of 1 repeat. What `equal` and `greater` make is a
 *  condition. Throws ShapeError when the shapes do not broadcast. */
export const where = operation(
  primitive,
  typed('condition[...], a[...], b[...] -> [...]', (c, a, b) => apply(primitive, {}, c, a, b)),
)
