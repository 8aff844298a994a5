import {
  dtypeOf,
  flat,
  type Join,
  type Joined,
  type Labels,
  over,
  type ShapeMismatch,
  ShapeError,
  shown,
  sizeOf,
  storage,
  type Tensor,
  type With,
} from '../tensor'
import { strict } from '../tensor/given'
import { apply, operand, operation, type Primitive } from '../trace'
// The transpose of a join is its parts, and that of a part a join with zeros: these two files need each other.
import { slice } from './slice'
import { checkAxis, fromStart } from './support/axes'

/** Tensors joined along one axis.  ∂xᵢ = the part of ȳ that came from xᵢ. */
const primitive: Primitive<{ readonly axis: number }> = {
  name: 'concat',
  shape: ({ axis }, ...xs) => {
    const [first] = xs
    if (!first) throw new ShapeError('concat: the operands must be one or more, got none')
    checkAxis('concat', axis, first)
    const stray = xs.find(x => x.length !== first.length || x.some((n, i) => i !== axis && n !== first[i]))
    if (stray)
      throw new ShapeError(
        `concat: the shapes must differ along axis ${axis} alone, got [${first.join(', ')}] and [${stray.join(', ')}]`,
      )
    return first.map((n, i) => (i === axis ? xs.reduce((total, x) => total + x[i]!, 0) : n))
  },
  reference: ({ axis }, ...xs) => {
    const shape = primitive.shape({ axis }, ...xs.map(x => x.shape))
    const to = storage(sizeOf(shape), dtypeOf(xs[0]!))
    const [rows, width] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]
    let from = 0
    for (const x of xs) {
      const [elements, n] = [flat(x), sizeOf(x.shape.slice(axis))]
      for (let i = 0; i < rows; i++) to.set(elements.subarray(i * n, (i + 1) * n), i * width + from)
      from += n
    }
    return over(to, shape)
  },
  vjp: ({ axis }, ct, _y, ...xs) => {
    let from = 0
    return xs.map(x => slice(ct, axis, from, (from += x.shape[axis]!)))
  },
  flops: () => 0,
  onnx: ({ axis }) => ({ op: 'Concat', attributes: { axis } }),
  kernel: ({ axis }) => ({ join: axis }),
  needs: ({ axis }, part, _, ...xs) => (part.axis === axis ? undefined : xs.map(() => part)),
}

/** The second tensor, or a message where it differs from the first in another dimension than the joined one. */
type Joinable<A extends Labels, B extends Labels, X extends number> = number extends A['length'] | B['length']
  ? Tensor<B>
  : With<A, X, '+'> extends With<B, X, '+'>
    ? Tensor<B>
    : ShapeMismatch<`[${Join<A>}] and [${Join<B>}] must differ along axis ${X} alone`>

/** Two tensors joined along an axis (−1: the last): `[N, 1, C]` and `[N, P, C]` make `[N, 1+P, C]`.
 *  Throws ShapeError when they differ in another dimension. */
export const concat = operation(
  primitive,
  <const X extends number, A extends Labels, B extends Labels>(
    axis: X,
    a: Tensor<A>,
    b: Joinable<A, B, X>,
  ): Tensor<Joined<A, B, X>> => concatAll(axis, [a, b as Tensor]),
)

/** Any number of tensors joined along an axis (−1: the last). Throws ShapeError for none, for an axis that is not there, and when they
 *  differ in another dimension. */
export const concatAll = strict('concatAll', (axis: number, xs: readonly Tensor[]): Tensor => {
  if (!Array.isArray(xs)) throw new ShapeError(`concat: the operands must be a list, got ${shown(xs)}`)
  const [first] = xs as readonly Tensor[]
  return apply(
    primitive,
    { axis: first ? fromStart(axis, operand('concat', 0, first).shape) : axis },
    ...(xs as readonly Tensor[]),
  )
})
