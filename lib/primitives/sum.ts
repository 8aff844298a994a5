import { type Labels, sizeOf, type Tensor, type With } from '../tensor'
import { apply, type Primitive } from '../trace'
import { broadcastTo } from './broadcast-to'
import { scale } from './mul'
import { reshape } from './reshape'
import { adding, type Axes, type Fold, reduce, reducedShape } from './support/reduction'

const add: Fold = (out, into, step, from, at, n) => {
  if (step) for (let i = 0; i < n; i++) out[into + i]! += from[at + i]!
  else {
    let running = out[into]!
    for (let i = 0; i < n; i++) running += from[at + i]!
    out[into] = running
  }
}

/** y = Σ x over axes, which stay with size 1.  ∂x = ȳ, repeated. */
export const summation: Primitive<Axes> = {
  name: 'sum',
  shape: (p, x) => reducedShape('sum', p, x),
  reference: (p, x) => reduce('sum', p, x, 0, add),
  vjp: (_, ct, _y, x) => [broadcastTo(ct, x.shape)],
  flops: (_, y, x) => sizeOf(x) - sizeOf(y),
  kernel: ({ axes }) => ({ fold: adding, axes }),
  onnx: ({ axes }) => ({
    op: 'ReduceSum',
    inputs: [0, { ints: axes }],
    attributes: { keepdims: 1, noop_with_empty_axes: 1 },
  }),
}

/** The sum over axes, counted from 0; they stay, with size 1. Throws ShapeError for an axis that is not there. */
export const sum = <S extends Labels, A extends number>(x: Tensor<S>, axes: readonly A[]): Tensor<With<S, A, '1'>> =>
  apply(summation, { axes: [...axes] }, x)

/** The mean over axes; they stay, with size 1. */
export const mean = <S extends Labels, A extends number>(x: Tensor<S>, axes: readonly A[]): Tensor<With<S, A, '1'>> =>
  scale(sum(x, axes), 1 / sizeOf(axes.map(a => x.shape[a]!)))

/** The sum of all elements, a scalar. */
export const total = (x: Tensor): Tensor<[]> => reshape(sum(x, [...x.shape.keys()]), [])
