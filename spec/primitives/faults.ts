/** What every primitive says of operands that do not fit. A primitive without its faults does not compile. */
import {
  add,
  broadcastTo,
  concat,
  concatAll,
  div,
  equal,
  erf,
  exp,
  gelu,
  layerNorm,
  log,
  matmul,
  max,
  mul,
  permute,
  type PrimitiveName,
  reshape,
  slice,
  softmax,
  split,
  sqrt,
  sub,
  sum,
  transpose,
} from '../../lib/primitives'
import ndarray from 'ndarray'
import { DTypeError, ShapeError, type Tensor, type UserError } from '../../lib/tensor'

/** Makes operands of the given sizes: ndarrays, or tracers. */
export interface Makers {
  readonly x: (...shape: number[]) => Tensor
  /** In float64. */
  readonly wide: (...shape: number[]) => Tensor
}
export interface Fault {
  readonly of: (make: Makers) => unknown
  readonly error: new (message: string) => UserError
  readonly says: string
}

const shape = (says: string, of: Fault['of']): Fault => ({ of, error: ShapeError, says })
const type = (says: string, of: Fault['of']): Fault => ({ of, error: DTypeError, says })

const binary = (name: string, f: (a: Tensor, b: Tensor) => Tensor): Fault[] => [
  shape(`${name}: [2, 3] and [3, 2] do not broadcast: sizes should be equal or 1`, ({ x }) => f(x(2, 3), x(3, 2))),
  shape(`${name}: [4] and [2, 3] do not broadcast: sizes should be equal or 1`, ({ x }) => f(x(4), x(2, 3))),
  type(`${name}: operands of one type expected, but float32 and float64 were given`, ({ x, wide }) => f(x(2), wide(2))),
]
/** A function of single elements fits every shape; it asks only for floats. */
const unary = (f: (x: Tensor) => Tensor): Fault[] => [
  type('a tensor must hold float32 or float64, got an ndarray of int32', () =>
    f(ndarray(new Int32Array(2)) as unknown as Tensor),
  ),
]
const reduction = (name: string, f: (x: Tensor, axes: readonly number[]) => Tensor): Fault[] => [
  shape(`${name}: axis 2 of [2, 3]: different axes from 0 to 1 expected`, ({ x }) => f(x(2, 3), [2])),
  shape(`${name}: axis -1 of [2, 3]: different axes from 0 to 1 expected`, ({ x }) => f(x(2, 3), [-1])),
  shape(`${name}: axis 1 of [2, 3]: different axes from 0 to 1 expected`, ({ x }) => f(x(2, 3), [1, 1])),
  shape(`${name}: axis 0 of []: a scalar has no axes`, ({ x }) => f(x(), [0])),
]

export const faults: Readonly<Record<PrimitiveName, readonly Fault[]>> = {
  add: binary('add', add),
  broadcastTo: [
    shape('broadcastTo: [2, 3] and [3, 3] do not broadcast: sizes should be equal or 1', ({ x }) =>
      broadcastTo(x(2, 3), [3, 3]),
    ),
    shape('broadcastTo: [2, 3] cannot be repeated to [1, 3]', ({ x }) => broadcastTo(x(2, 3), [1, 3])),
    shape('broadcastTo: [2, 3] cannot be repeated to [3]', ({ x }) => broadcastTo(x(2, 3), [3])),
  ],
  concat: [
    shape('concat: axis 2 of [2, 3]: 0 to 1 expected', ({ x }) => concat(2, x(2, 3), x(2, 3))),
    shape('concat: axis 0 of []: a scalar has no axes', ({ x }) => concat(0, x(), x())),
    shape('concat: [2, 3] and [3, 3] should differ in dimension 1 alone', ({ x }) => concat(1, x(2, 3), x(3, 3))),
    shape('concat: [2, 3] and [3] should differ in dimension 1 alone', ({ x }) => concat(1, x(2, 3), x(3))),
    shape('concat: at least one tensor expected, but none was given', () => concatAll(0, [])),
    type('concat: operands of one type expected, but float32 and float64 were given', ({ x, wide }) =>
      concat(0, x(2, 3), wide(2, 3)),
    ),
  ],
  div: binary('div', div),
  equal: binary('equal', equal),
  erf: unary(erf),
  exp: unary(exp),
  gelu: unary(gelu),
  layerNorm: [
    shape('layerNorm: the gain of [2, 3] should be [3], but is [2]', ({ x }) => layerNorm(x(2, 3), x(2), x(3))),
    shape('layerNorm: the bias of [2, 3] should be [3], but is [1, 3]', ({ x }) => layerNorm(x(2, 3), x(3), x(1, 3))),
    shape('layerNorm: the bias of [2, 3] should be [3], but is []', ({ x }) => layerNorm(x(2, 3), x(3), x())),
    shape('layerNorm: rank 1 or more expected, but a scalar was given', ({ x }) => layerNorm(x(), x(1), x(1))),
    type('layerNorm: operands of one type expected, but float32 and float64 were given', ({ x, wide }) =>
      layerNorm(x(2, 3), x(3), wide(3)),
    ),
  ],
  log: unary(log),
  matmul: [
    shape('matmul: [2, 3] by [2, 3]: the inner sizes 3 and 2 should be equal', ({ x }) => matmul(x(2, 3), x(2, 3))),
    shape('matmul: matrices expected, but [3] and [3, 2] were given', ({ x }) => matmul(x(3), x(3, 2))),
    shape('matmul: matrices expected, but [2, 3] and [] were given', ({ x }) => matmul(x(2, 3), x())),
    shape('matmul: [4, 2, 3] by [5, 3, 2]: the sizes before the last two should be equal or 1', ({ x }) =>
      matmul(x(4, 2, 3), x(5, 3, 2)),
    ),
    type('matmul: operands of one type expected, but float32 and float64 were given', ({ x, wide }) =>
      matmul(x(2, 3), wide(3, 2)),
    ),
  ],
  max: reduction('max', max),
  mul: binary('mul', mul),
  permute: [
    shape('permute: an order of the 2 axes of [2, 3] expected, but [0] was given', ({ x }) => permute(x(2, 3), [0])),
    shape('permute: an order of the 2 axes of [2, 3] expected, but [0, 0] was given', ({ x }) =>
      permute(x(2, 3), [0, 0]),
    ),
    shape('permute: an order of the 2 axes of [2, 3] expected, but [1, 2] was given', ({ x }) =>
      permute(x(2, 3), [1, 2]),
    ),
    shape('transpose: rank 2 or more expected, but [3] was given', ({ x }) => transpose(x(3))),
  ],
  reshape: [
    shape('reshape: [2, 3] has 6 elements, but [2, 2] needs 4', ({ x }) => reshape(x(2, 3), [2, 2])),
    shape('reshape: [] has 1 elements, but [0] needs 0', ({ x }) => reshape(x(), [0])),
  ],
  slice: [
    shape('slice: 0 to 3 of axis 0 of [2, 3]: a part of the axis expected', ({ x }) => slice(x(2, 3), 0, 0, 3)),
    shape('slice: 1 to 1 of axis 0 of [2, 3]: a part of the axis expected', ({ x }) => slice(x(2, 3), 0, 1, 1)),
    shape('slice: -1 to 1 of axis 0 of [2, 3]: a part of the axis expected', ({ x }) => slice(x(2, 3), 0, -1, 1)),
    shape('slice: 0 to 1 of axis 2 of [2, 3]: a part of the axis expected', ({ x }) => slice(x(2, 3), 2, 0, 1)),
    shape('split: the sizes 1 + 1 should add up to axis 1 of [2, 3]', ({ x }) => split(x(2, 3), 1, [1, 1])),
  ],
  softmax: [shape('softmax: rank 1 or more expected, but a scalar was given', ({ x }) => softmax(x()))],
  sqrt: unary(sqrt),
  sub: binary('sub', sub),
  sum: reduction('sum', sum),
}
