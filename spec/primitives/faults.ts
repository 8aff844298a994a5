/** What every primitive says of operands that do not fit. A primitive without its faults does not compile. */
import {
  abs,
  add,
  argmax,
  attentionGradient,
  broadcastTo,
  concat,
  concatAll,
  cos,
  cumsum,
  div,
  equal,
  erf,
  exp,
  fusedAttention,
  fusedMaskedAttention,
  gather,
  gelu,
  greater,
  layerNorm,
  log,
  matmul,
  max,
  maximum,
  minimum,
  mul,
  oneHot,
  pad,
  permute,
  pow,
  type PrimitiveName,
  relu,
  reshape,
  roll,
  sigmoid,
  sin,
  slice,
  softmax,
  split,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
  where,
} from '../../lib/primitives'
import ndarray from 'ndarray'
import { DTypeError, ShapeError, type Tensor, UserError } from '../../lib/tensor'

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
const user = (says: string, of: Fault['of']): Fault => ({ of, error: UserError, says })

const binary = (name: string, f: (a: Tensor, b: Tensor) => Tensor): Fault[] => [
  shape(`${name}: sizes must be equal or 1 to broadcast, got [2, 3] and [3, 2]`, ({ x }) => f(x(2, 3), x(3, 2))),
  shape(`${name}: sizes must be equal or 1 to broadcast, got [4] and [2, 3]`, ({ x }) => f(x(4), x(2, 3))),
  type(`${name}: the operands must be of one type, got float32 and float64`, ({ x, wide }) => f(x(2), wide(2))),
]
/** A function of single elements fits every shape; it asks only for floats. */
const unary = (name: string, f: (x: Tensor) => Tensor): Fault[] => [
  type(`${name}: operand 0 must hold float32 or float64, got an ndarray of int32`, () =>
    f(ndarray(new Int32Array(2)) as unknown as Tensor),
  ),
]
const reduction = (name: string, f: (x: Tensor, axes: readonly number[]) => Tensor): Fault[] => [
  shape(`${name}: the axis must be from -2 to 1 for [2, 3], got 2`, ({ x }) => f(x(2, 3), [2])),
  shape(`${name}: the axis must be from -2 to 1 for [2, 3], got -3`, ({ x }) => f(x(2, 3), [-3])),
  shape(`${name}: the axis must be from -2 to 1 for [2, 3], got 0.5`, ({ x }) => f(x(2, 3), [0.5])),
  shape(`${name}: the axes must be a list, got missing`, ({ x }) => f(x(2, 3), undefined as never)),
  shape(`${name}: the axes must differ, got 1, 1`, ({ x }) => f(x(2, 3), [1, -1])),
  shape(`${name}: the operand must have axes, got a scalar`, ({ x }) => f(x(), [0])),
]

const alongAxis = (name: string, f: (x: Tensor, axis: number) => Tensor): Fault[] => [
  shape(`${name}: the axis must be from -2 to 1 for [2, 3], got 2`, ({ x }) => f(x(2, 3), 2)),
  shape(`${name}: the axis must be from -2 to 1 for [2, 3], got -3`, ({ x }) => f(x(2, 3), -3)),
  shape(`${name}: the operand must have axes, got a scalar`, ({ x }) => f(x(), 0)),
]

export const faults: Readonly<Record<PrimitiveName, readonly Fault[]>> = {
  abs: unary('abs', abs),
  add: binary('add', add),
  argmax: alongAxis('argmax', argmax),
  attentionGradient: [
    shape('attentionGradient: K must be [3, 4], got [3, 5]', ({ x }) =>
      attentionGradient('keys', 1, x(2, 4), x(3, 5), x(3, 6), x(2, 6), x(2, 1), x(2, 1)),
    ),
    shape('attentionGradient: C must be [2, 6], got [3, 6]', ({ x }) =>
      attentionGradient('queries', 1, x(2, 4), x(3, 4), x(3, 6), x(3, 6), x(2, 1), x(2, 1)),
    ),
    shape('attentionGradient: L must be [2, 1], got [2]', ({ x }) =>
      attentionGradient('queries', 1, x(2, 4), x(3, 4), x(3, 6), x(2, 6), x(2), x(2, 1)),
    ),
    shape('attentionGradient: the mask must broadcast to the scores, [2, 3], got [7, 2, 3]', ({ x }) =>
      attentionGradient('keys', 1, x(2, 4), x(3, 4), x(3, 6), x(2, 6), x(2, 1), x(2, 1), x(7, 2, 3)),
    ),
    shape('attentionGradient: D must be [2, 1], got [1, 1]', ({ x }) =>
      attentionGradient('keys', 1, x(2, 4), x(3, 4), x(3, 6), x(2, 6), x(2, 1), x(1, 1)),
    ),
  ],
  broadcastTo: [
    shape('broadcastTo: the shape must be a list of whole numbers of at least 0, got 3', ({ x }) =>
      broadcastTo(x(2, 3), 3 as never),
    ),
    shape('broadcastTo: the shape must be one that [2, 3] repeats to, got [3, 3]', ({ x }) =>
      broadcastTo(x(2, 3), [3, 3]),
    ),
    shape('broadcastTo: the shape must be one that [2, 3] repeats to, got [1, 3]', ({ x }) =>
      broadcastTo(x(2, 3), [1, 3]),
    ),
    shape('broadcastTo: the shape must be one that [2, 3] repeats to, got [3]', ({ x }) => broadcastTo(x(2, 3), [3])),
  ],
  concat: [
    shape('concat: the axis must be from -2 to 1 for [2, 3], got 2', ({ x }) => concat(2, x(2, 3), x(2, 3))),
    shape('concat: the operand must have axes, got a scalar', ({ x }) => concat(0, x(), x())),
    shape('concat: the shapes must differ along axis 1 alone, got [2, 3] and [3, 3]', ({ x }) =>
      concat(1, x(2, 3), x(3, 3)),
    ),
    shape('concat: the shapes must differ along axis 1 alone, got [2, 3] and [3]', ({ x }) => concat(1, x(2, 3), x(3))),
    shape('concat: the operands must be one or more, got none', () => concatAll(0, [])),
    type('concat: the operands must be of one type, got float32 and float64', ({ x, wide }) =>
      concat(0, x(2, 3), wide(2, 3)),
    ),
  ],
  cos: unary('cos', cos),
  cumsum: alongAxis('cumsum', cumsum),
  div: binary('div', div),
  equal: [
    ...binary('equal', equal),
    shape('oneHot: the labels must have rank 1, got [2, 3]', ({ x }) => oneHot(x(2, 3) as never, 4)),
    shape('oneHot: the labels must have rank 1, got []', ({ x }) => oneHot(x() as never, 4)),
  ],
  erf: unary('erf', erf),
  exp: unary('exp', exp),
  fusedAttention: [
    shape('fusedAttention: Q must be a matrix, got [4]', ({ x }) => fusedAttention(x(4), x(3, 4), x(3, 4), 1)),
    shape('fusedAttention: K must be [3, 4], got [3, 5]', ({ x }) => fusedAttention(x(2, 4), x(3, 5), x(3, 6), 1)),
    shape('fusedAttention: K must be [7, 3, 4], got [3, 4]', ({ x }) =>
      fusedAttention(x(7, 2, 4), x(3, 4), x(7, 3, 6), 1),
    ),
    shape('fusedAttention: V must be [3, 6], got [2, 6]', ({ x }) => fusedAttention(x(2, 4), x(3, 4), x(2, 6), 1)),
    shape('fusedAttention: the mask must broadcast to the scores, [2, 3], got [3, 3]', ({ x }) =>
      fusedMaskedAttention(x(2, 4), x(3, 4), x(3, 6), x(3, 3), 1),
    ),
    user('fusedAttention: the scale must be a finite number, got missing', ({ x }) =>
      fusedAttention(x(2, 4), x(3, 4), x(3, 6), undefined as never),
    ),
    type('fusedAttention: the operands must be of one type, got float32 and float64', ({ x, wide }) =>
      fusedAttention(x(2, 4), x(3, 4), wide(3, 6), 1),
    ),
  ],
  gather: [
    shape('gather: the table must be a matrix, got [3]', ({ x }) => gather(x(3), x(2))),
    type('gather: the operands must be of one type, got float32 and float64', ({ x, wide }) =>
      gather(x(3, 2), wide(2)),
    ),
  ],
  gelu: unary('gelu', gelu),
  greater: binary('greater', greater),
  layerNorm: [
    shape('layerNorm: the gain must be [3] for [2, 3], got [2]', ({ x }) => layerNorm(x(2, 3), x(2), x(3))),
    shape('layerNorm: the bias must be [3] for [2, 3], got [1, 3]', ({ x }) => layerNorm(x(2, 3), x(3), x(1, 3))),
    shape('layerNorm: the bias must be [3] for [2, 3], got []', ({ x }) => layerNorm(x(2, 3), x(3), x())),
    shape('layerNorm: the gain must be [3] for [2, 3], got [3, 1]', ({ x }) => layerNorm(x(2, 3), x(3, 1), x(3))),
    shape('layerNorm: the operand must have rank 1 or more, got a scalar', ({ x }) => layerNorm(x(), x(1), x(1))),
    type('layerNorm: the operands must be of one type, got float32 and float64', ({ x, wide }) =>
      layerNorm(x(2, 3), x(3), wide(3)),
    ),
  ],
  log: unary('log', log),
  matmul: [
    shape('matmul: the inner sizes must be equal, got 3 and 2 in [2, 3] by [2, 3]', ({ x }) =>
      matmul(x(2, 3), x(2, 3)),
    ),
    shape('matmul: the operands must be matrices, got [3] and [3, 2]', ({ x }) => matmul(x(3), x(3, 2))),
    shape('matmul: the operands must be matrices, got [2, 3] and []', ({ x }) => matmul(x(2, 3), x())),
    shape('matmul: the sizes before the last two must be equal or 1, got [4, 2, 3] by [5, 3, 2]', ({ x }) =>
      matmul(x(4, 2, 3), x(5, 3, 2)),
    ),
    type('matmul: the operands must be of one type, got float32 and float64', ({ x, wide }) =>
      matmul(x(2, 3), wide(3, 2)),
    ),
  ],
  max: reduction('max', max),
  maximum: binary('maximum', maximum),
  minimum: binary('minimum', minimum),
  mul: binary('mul', mul),
  permute: [
    shape('permute: the axes must be the 2 of [2, 3], each once, got [0]', ({ x }) => permute(x(2, 3), [0])),
    shape('permute: the axes must be the 2 of [2, 3], each once, got [0, 0]', ({ x }) => permute(x(2, 3), [0, 0])),
    shape('permute: the axes must be the 2 of [2, 3], each once, got [1, 2]', ({ x }) => permute(x(2, 3), [1, 2])),
    shape('permute: the axes must be a list, got missing', ({ x }) => permute(x(2, 3), undefined as never)),
    shape('transpose: the operand must have rank 2 or more, got [3]', ({ x }) => transpose(x(3))),
  ],
  pow: [
    user('pow: the exponent must be a finite number, got NaN', ({ x }) => pow(x(2), NaN)),
    user('pow: the exponent must be a finite number, got missing', ({ x }) => pow(x(2), undefined as never)),
  ],
  relu: unary('relu', relu),
  reshape: [
    shape('reshape: the shape must hold the 6 elements of [2, 3], got [2, 2], which holds 4', ({ x }) =>
      reshape(x(2, 3), [2, 2]),
    ),
    shape('reshape: the shape must be a list of whole numbers of at least 0, got [0.5, 12]', ({ x }) =>
      reshape(x(2, 3), [0.5, 12]),
    ),
    shape('reshape: the shape must hold the 1 elements of [], got [0], which holds 0', ({ x }) => reshape(x(), [0])),
  ],
  sigmoid: unary('sigmoid', sigmoid),
  sin: unary('sin', sin),
  slice: [
    ...alongAxis('pad', (x, axis) => pad(x, axis, 1, 1)),
    shape('pad: before must be a whole number of at least 0, got -1', ({ x }) => pad(x(2), 0, -1, 1)),
    shape('pad: after must be a whole number of at least 0, got 0.5', ({ x }) => pad(x(2), 0, 0, 0.5)),
    ...alongAxis('roll', (x, axis) => roll(x, axis, 1)),
    shape('roll: shift must be a whole number, got 1.5', ({ x }) => roll(x(2), 0, 1.5)),
    shape('slice: from and to must be a part of axis 0 of [2, 3], got 0 and 3', ({ x }) => slice(x(2, 3), 0, 0, 3)),
    shape('slice: from and to must be a part of axis 0 of [2, 3], got 1 and 1', ({ x }) => slice(x(2, 3), 0, 1, 1)),
    shape('slice: from and to must be a part of axis 0 of [2, 3], got -1 and 1', ({ x }) => slice(x(2, 3), 0, -1, 1)),
    shape('slice: the axis must be from -2 to 1 for [2, 3], got 2', ({ x }) => slice(x(2, 3), 2, 0, 1)),
    shape('split: the sizes must add up to 3, axis 1 of [2, 3], got 1 + 1', ({ x }) => split(x(2, 3), 1, [1, 1])),
  ],
  softmax: [shape('softmax: the operand must have rank 1 or more, got a scalar', ({ x }) => softmax(x()))],
  sqrt: unary('sqrt', sqrt),
  stopGradient: unary('stopGradient', stopGradient),
  sub: binary('sub', sub),
  sum: reduction('sum', sum),
  tanh: unary('tanh', tanh),
  where: [
    shape('where: sizes must be equal or 1 to broadcast, got [2], [2, 3], [3]', ({ x }) => where(x(2), x(2, 3), x(3))),
    shape('where: sizes must be equal or 1 to broadcast, got [], [2, 3], [2]', ({ x }) => where(x(), x(2, 3), x(2))),
    type('where: the operands must be of one type, got float32 and float64', ({ x, wide }) =>
      where(x(2), x(2), wide(2)),
    ),
  ],
}
