import { sizeOf, type Tensor } from '../tensor'
import { type OnnxNode, operand, type Primitive } from '../trace'
import { strict } from '../tensor/given'
// The transpose of a sum is a repetition, and that of a repetition a sum: these two files need each other.
import { broadcastTo } from './broadcast-to'
import { reshape } from './reshape'
import { same } from './support/parts'
import { adding, type Axes, type Fold, reduce, reducedShape, reduction } from './support/reduction'

const add: Fold = (out, into, step, from, at, n) => {
  if (step) for (let i = 0; i < n; i++) out[into + i]! += from[at + i]!
  else {
    let running = out[into]!
    for (let i = 0; i < n; i++) running += from[at + i]!
    out[into] = running
  }
}

/** Sums over at least so many rows are written as a product. */
const ROWS = 64

/** y = Σ x over axes, which stay with size 1.  ∂x = ȳ, repeated.
 *  Differs on onnx and webasm: sums are made in float32, where those of the largest numbers overflow. */
const primitive: Primitive<Axes> = {
  name: 'sum',
  shape: (p, x) => reducedShape('sum', p, x),
  reference: (p, x) => reduce(p, x, 0, add),
  vjp: (_, ct, _y, x) => [broadcastTo(ct, x.shape)],
  flops: (_, y, x) => sizeOf(x) - sizeOf(y),
  onnx: ({ axes }, x) => {
    const rows = sizeOf(x.slice(0, axes.length))
    // A sum over rows, as in the gradient of a bias, is a product with a row of ones: runtimes are faster at it.
    if (rows < ROWS || axes.length === x.length || axes.some(a => a >= axes.length))
      return { op: 'ReduceSum', inputs: [0, { ints: axes }], attributes: { keepdims: 1, noop_with_empty_axes: 1 } }
    const ones: OnnxNode = { op: 'Expand', inputs: [{ scalar: 1 }, { ints: [1, rows] }] }
    const flat: OnnxNode = { op: 'Reshape', inputs: [0, { ints: [rows, sizeOf(x.slice(axes.length))] }] }
    const shape = x.map((size, i) => (i < axes.length ? 1 : size))
    return { op: 'Reshape', inputs: [{ op: 'MatMul', inputs: [ones, flat] }, { ints: shape }] }
  },
  kernel: ({ axes }) => ({ fold: adding, axes }),
  needs: same,
}

/** The sum over axes, counted from 0, or from −1 backwards; they stay, with size 1. Throws ShapeError for an axis that is not there. */
export const sum = reduction(primitive)

/** The sum of all elements, a scalar. */
export const total = strict('total', (x: Tensor): Tensor<[]> =>
  reshape(sum(x, [...operand('total', 0, x).shape.keys()]), []),
)
