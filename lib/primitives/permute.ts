import { ShapeError, type Tensor } from '../tensor'
import { apply, operation, type Primitive, typed } from '../trace'
import { along } from './support/parts'
import { reordered } from './support/strided'
import { unchanged } from './support/unchanged'

/** The dimensions in another order, a view: dimension i of y is dimension axes[i] of x.  ∂x = ȳ in the old order. */
const primitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: 'permute',
  shape: ({ axes }, x) => {
    if (axes.length !== x.length || x.some((_, i) => !axes.includes(i)))
      throw new ShapeError(
        `permute: an order of the ${x.length} axes of [${x.join(', ')}] expected, but [${axes.join(', ')}] was given`,
      )
    return axes.map(a => x[a]!)
  },
  reference: ({ axes }, x) => x.transpose(...axes),
  vjp: ({ axes }, ct) => [
    permute(
      ct,
      axes.map((_, i) => axes.indexOf(i)),
    ),
  ],
  flops: () => 0,
  onnx: ({ axes }) => ({ op: 'Transpose', attributes: { perm: axes } }),
  kernel: ({ axes }) => ({ view: x => reordered(x, axes) }),
  needs: ({ axes }, part) => [along(part, axes[part.axis]!)],
}

/** The dimensions in another order: `permute(x, [0, 2, 1])` swaps the last two of three. Throws ShapeError for anything
 *  but an order of all axes. */
export const permute = operation(primitive, (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === x.shape.length && axes.every((a, i) => a === i)
    ? unchanged(x)
    : apply(primitive, { axes: [...axes] }, x),
)

/** Xᵀ: the last two dimensions swapped. Throws ShapeError for fewer than two. */
export const transpose = typed('x[..., M, N] -> [..., N, M]', x => {
  const rank = x.shape.length
  if (rank < 2) throw new ShapeError(`transpose: rank 2 or more expected, but [${x.shape.join(', ')}] was given`)
  return permute(x, [...Array(rank - 2).keys(), rank - 1, rank - 2])
})
