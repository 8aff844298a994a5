import { dtypeOf, flat, type Labels, over, sizeOf, storage, type Tensor } from '../tensor'
import { apply, operand, operation, type Primitive } from '../trace'
import { add } from './add'
import { pad } from './pad'
import { slice } from './slice'
import { checkAxis, fromStart } from './support/axes'

/** yᵢ = Σ xⱼ over j ≤ i along an axis, or over j ≥ i.  ∂x = ȳ, summed the other way.
 *  Differs on onnx, cpu and webasm: sums are made in float32, and on cpu and webasm in another order, so that the largest numbers overflow,
 *  or swallow others, where they do not here. */
const primitive: Primitive<{ readonly axis: number; readonly reverse: boolean }> = {
  name: 'cumsum',
  shape: ({ axis }, x) => {
    checkAxis('cumsum', axis, x)
    return [...x]
  },
  reference: ({ axis, reverse }, x) => {
    const from = flat(x)
    const to = storage(from.length, dtypeOf(x))
    const n = x.shape[axis]!
    const step = sizeOf(x.shape.slice(axis + 1))
    for (let row = 0; row < from.length; row += n * step)
      for (let at = row; at < row + step; at++) {
        let total = 0
        for (let i = 0; i < n; i++) {
          const k = at + (reverse ? n - 1 - i : i) * step
          to[k] = total += from[k]!
        }
      }
    return over(to, x.shape)
  },
  vjp: ({ axis, reverse }, ct) => [apply(primitive, { axis, reverse: !reverse }, ct)],
  flops: ({ axis }, y) => sizeOf(y) - sizeOf(y) / y[axis]!,
  onnx: ({ axis, reverse }) => ({
    op: 'CumSum',
    inputs: [0, { ints: [axis] }],
    attributes: { reverse: reverse ? 1 : 0 },
  }),
  // Sums of 2, of 4, of 8 … neighbours, each from two of the sums before.
  kernel: ({ axis, reverse }) => ({
    made: x => {
      const n = x.shape[axis]!
      let y = x
      for (let d = 1; d < n; d *= 2) {
        const moved = reverse ? pad(slice(y, axis, d, n), axis, 0, d) : pad(slice(y, axis, 0, n - d), axis, d, 0)
        y = add(y, moved)
      }
      return y
    },
  }),
  needs: ({ axis }, part) => (part.axis === axis ? undefined : [part]),
}

/** The sums of all elements up to each one along an axis (−1: the last). Throws ShapeError for an axis that is not there. */
export const cumsum = operation(primitive, <S extends Labels>(x: Tensor<S>, axis: number): Tensor<S> => {
  const { shape } = operand('cumsum', 0, x)
  return apply(primitive, { axis: fromStart(axis, shape), reverse: false }, x)
})
