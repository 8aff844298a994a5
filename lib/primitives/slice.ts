import { type Labels, type Parts, ShapeError, shown, type Tensor, type With } from '../tensor'
import { strict } from '../tensor/given'
import { apply, operand, operation, type Primitive } from '../trace'
// The transpose of a part is a join with zeros, and that of a join its parts: their files need each other.
import { pad } from './pad'
import { checkAxis, fromStart } from './support/axes'
import { cut } from './support/strided'

/** The part from … to−1 of one axis, a view.  ∂x = ȳ between zeros. */
const primitive: Primitive<{ readonly axis: number; readonly from: number; readonly to: number }> = {
  name: 'slice',
  shape: ({ axis, from, to }, x) => {
    checkAxis('slice', axis, x)
    if (![from, to].every(Number.isInteger) || !(from >= 0 && from < to && to <= x[axis]!))
      throw new ShapeError(
        `slice: from and to must be a part of axis ${axis} of [${x.join(', ')}], got ${shown(from)} and ${shown(to)}`,
      )
    return x.map((n, i) => (i === axis ? to - from : n))
  },
  reference: ({ axis, from, to }, x) =>
    x.lo(...x.shape.map((_, i) => (i === axis ? from : 0))).hi(...x.shape.map((n, i) => (i === axis ? to - from : n))),
  vjp: ({ axis, from, to }, ct, _y, x) => [pad(ct, axis, from, x.shape[axis]! - to)],
  flops: () => 0,
  onnx: ({ axis, from, to }) => ({ op: 'Slice', inputs: [0, { ints: [from] }, { ints: [to] }, { ints: [axis] }] }),
  kernel: ({ axis, from, to }) => ({ view: x => cut(x, axis, from, to) }),
  needs: ({ axis }, part) => (part.axis === axis ? undefined : [part]),
  takes: ({ axis, from, to }, x) => ({ axis, outer: 1, n: x[axis]!, inner: 1, from, to }),
}

/** The part `from` … `to`−1 of an axis (−1: the last). Throws ShapeError when the axis does not have it. */
export const slice = operation(
  primitive,
  <S extends Labels, const X extends number>(
    x: Tensor<S>,
    axis: X,
    from: number,
    to: number,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the label of a part
  ): Tensor<With<S, X, any>> => apply(primitive, { axis: fromStart(axis, operand('slice', 0, x).shape), from, to }, x),
)

/** Undoes a concatenation along an axis (−1: the last): a dimension `1+P` splits into `1` and `P`.
 *  Throws ShapeError when the sizes do not add up to the dimension's. */
export const split = strict(
  'split',
  <S extends Labels, const X extends number, const N extends readonly number[]>(
    x: Tensor<S>,
    axis: X,
    sizes: N,
  ): Parts<N, S, X> => {
    const { shape } = operand('split', 0, x)
    const along = fromStart(axis, shape)
    checkAxis('split', along, shape)
    if (!Array.isArray(sizes)) throw new ShapeError(`split: the sizes must be a list, got ${shown(sizes)}`)
    const total = sizes.reduce((a, b) => a + b, 0)
    if (total !== shape[along])
      throw new ShapeError(
        `split: the sizes must add up to ${shape[along]}, axis ${along} of [${shape.join(', ')}], got ${sizes.join(' + ')}`,
      )
    let from = 0
    return sizes.map(n => slice(x as Tensor, along, from, (from += n))) as Parts<N, S, X>
  },
)
