import { dtypeOf, flat, type Labels, over, ShapeError, sizeOf, storage, type Tensor } from '../tensor'
import { apply, operation, type Primitive } from '../trace'
import { mul } from './mul'
import { sub } from './sub'
import { sum } from './sum'
import { rowwise } from './support/parts'
import { adding, maximal } from './support/reduction'

/** yⱼ = exp(xⱼ − max x) / Σₖ exp(xₖ − max x) over the last dimension.  ∂x = y·(ȳ − Σₖ ȳₖ·yₖ). */
const primitive: Primitive = {
  name: 'softmax',
  shape: (_, x) => {
    if (x.length === 0) throw new ShapeError('softmax: the operand must have rank 1 or more, got a scalar')
    return [...x]
  },
  reference: (_, x) => {
    const from = flat(x)
    const to = storage(from.length, dtypeOf(x))
    const n = x.shape.at(-1)!
    const powers = new Float64Array(n)
    for (let row = 0; row < from.length; row += n) {
      let max = -Infinity
      for (let j = row; j < row + n; j++) max = Math.max(max, from[j]!)
      let total = 0
      for (let j = 0; j < n; j++) total += powers[j] = Math.exp(from[row + j]! - max)
      for (let j = 0; j < n; j++) to[row + j] = powers[j]! / total
    }
    return over(to, x.shape)
  },
  vjp: (_, ct, y) => [mul(y, sub(ct, sum(mul(ct, y), [y.shape.length - 1])))],
  flops: (_, y) => 5 * sizeOf(y),
  onnx: () => ({ op: 'Softmax', attributes: { axis: -1 } }),
  kernel: () => ({
    rows: { m: maximal, total: { ...adding, of: 'Math.exp(x0 - m)' } },
    each: 'Math.exp(x0 - m) / total',
  }),
  needs: rowwise,
}

/** Softmax over the last dimension: positive rows that sum to 1. Scores of any size stay finite. */
export const softmax = operation(primitive, <S extends Labels>(x: Tensor<S>): Tensor<S> => apply(primitive, {}, x))
