import { type Labels, type Permuted, ShapeError, type Tensor } from '../tensor'
import { apply, operand, operation, type Primitive, typed } from '../trace'
import { strict } from '../tensor/given'
import { allFromStart, lastTwoSwapped } from './support/axes'
import { along } from './support/parts'
import { reordered } from './support/strided'
import { unchanged } from './support/unchanged'

/** The dimensions in another order, a view: dimension i of y is dimension axes[i] of x.  ∂x = ȳ in the old order. */
const primitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: 'permute',
  shape: ({ axes }, x) => {
    if (axes.length !== x.length || x.some((_, i) => !axes.includes(i)))
      throw new ShapeError(
        `permute: the axes must be the ${x.length} of [${x.join(', ')}], each once, got [${axes.join(', ')}]`,
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

/** The dimensions in another order: `permute(x, [0, 2, 1])`, or `[0, -1, -2]`, swaps the last two of three. Throws ShapeError for anything
 *  but an order of all axes. */
export const permute = operation(
  primitive,
  <S extends Labels, const A extends readonly number[]>(x: Tensor<S>, axes: A): Tensor<Permuted<S, A>> => {
    const { shape } = operand('permute', 0, x)
    const order = allFromStart('permute', axes, shape)
    return order.length === shape.length && order.every((a, i) => a === i)
      ? unchanged('permute', x)
      : apply(primitive, { axes: order }, x)
  },
)

/** Xᵀ: the last two dimensions swapped. Throws ShapeError for fewer than two. */
export const transpose = typed(
  'x[..., M, N] -> [..., N, M]',
  strict('transpose', (x: Tensor): Tensor => {
    const rank = operand('transpose', 0, x).shape.length
    if (rank < 2) throw new ShapeError(`transpose: the operand must have rank 2 or more, got [${x.shape.join(', ')}]`)
    return permute(x, lastTwoSwapped(rank))
  }),
)
