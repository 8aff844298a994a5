import { dtypeOf, flat, fromArray, full, type Labels, over, sizeOf, storage, type Tensor, type With } from '../tensor'
import { apply, operand, operation, type Primitive } from '../trace'
import { equal } from './equal'
import { max } from './max'
import { scale } from './mul'
import { slice } from './slice'
import { checkAxis, fromStart } from './support/axes'
import { where } from './where'

/** y = the first index of the largest element along an axis, which stays with size 1. It has no derivative. */
const primitive: Primitive<{ readonly axis: number }> = {
  name: 'argmax',
  shape: ({ axis }, x) => {
    checkAxis('argmax', axis, x)
    return x.map((n, i) => (i === axis ? 1 : n))
  },
  reference: ({ axis }, x) => {
    const from = flat(x)
    const n = x.shape[axis]!
    const step = sizeOf(x.shape.slice(axis + 1))
    const shape = primitive.shape({ axis }, x.shape)
    const to = storage(sizeOf(shape), dtypeOf(x))
    to.forEach((_, i) => {
      const first = Math.floor(i / step) * n * step + (i % step)
      let best = 0
      for (let k = 1; k < n; k++) if (from[first + k * step]! > from[first + best * step]!) best = k
      to[i] = best
    })
    return over(to, shape)
  },
  vjp: () => [null],
  flops: (_, y, x) => sizeOf(x) - sizeOf(y),
  onnx: ({ axis }) => ({
    op: 'Cast',
    inputs: [{ op: 'ArgMax', inputs: [0], attributes: { axis, keepdims: 1 } }],
    attributes: { to: 'dtype' },
  }),
  // The first index is the largest of the negative ones.
  kernel: ({ axis }) => ({
    made: x => {
      const { shape } = x
      const n = shape[axis]!
      const alone = shape.map((_, i) => (i === axis ? n : 1))
      const negative = fromArray(
        Array.from({ length: n }, (_, i) => -i),
        alone,
        dtypeOf(x),
      )
      const zero = full(0, [], dtypeOf(x))
      // NaN is passed over, but for a first one, beside which nothing is larger.
      const numbers = where(equal(x, x), x, full(-Infinity, [], dtypeOf(x)))
      const largest = where(equal(numbers, max(numbers, [axis])), negative, full(-n, [], dtypeOf(x)))
      const first = slice(x, axis, 0, 1)
      return where(equal(first, first), scale(max(largest, [axis]), -1), zero)
    },
  }),
  needs: ({ axis }, part) => (part.axis === axis ? undefined : [part]),
}

/** The first index of the largest element along an axis (−1: the last one), which stays with size 1.
 *  Throws ShapeError for an axis that is not there. */
export const argmax = operation(
  primitive,
  <S extends Labels, const A extends number>(x: Tensor<S>, axis: A): Tensor<With<S, A, '1'>> =>
    apply(primitive, { axis: fromStart(axis, operand('argmax', 0, x).shape) }, x),
)
