import { sizeOf } from '../tensor'
import type { OnnxInput, OnnxNode, Primitive } from '../trace'
import { div } from './div'
import { equal } from './equal'
import { mul } from './mul'
import { sum } from './sum'
import { same } from './support/parts'
import { type Axes, type Fold, maximal, reduce, reducedShape, reduction } from './support/reduction'

const raise: Fold = (out, into, step, from, at, n) => {
  if (step) for (let i = 0; i < n; i++) out[into + i] = Math.max(out[into + i]!, from[at + i]!)
  else {
    let running = out[into]!
    for (let i = 0; i < n; i++) running = Math.max(running, from[at + i]!)
    out[into] = running
  }
}

const BOOL = 9 // ONNX's number for the type

/** y = max x over axes, which stay with size 1.  ∂x = ȳ where x = y, shared equally among ties. */
const primitive: Primitive<Axes> = {
  name: 'max',
  shape: (p, x) => reducedShape('max', p, x),
  reference: (p, x) => reduce(p, x, -Infinity, raise),
  vjp: ({ axes }, ct, y, x) => {
    const largest = equal(x, y)
    return [mul(div(largest, sum(largest, axes)), ct)]
  },
  flops: (_, y, x) => sizeOf(x) - sizeOf(y),
  // ONNX Runtime's own maximum passes over NaN.
  onnx: ({ axes }) => {
    if (axes.length === 0) return { op: 'Identity' }
    const over = (x: OnnxInput): OnnxNode => ({ op: 'ReduceMax', inputs: [x], attributes: { axes, keepdims: 1 } })
    const isNaN: OnnxNode = { op: 'Cast', inputs: [{ op: 'IsNaN', inputs: [0] }], attributes: { to: 'dtype' } }
    return {
      op: 'Where',
      inputs: [{ op: 'Cast', inputs: [over(isNaN)], attributes: { to: BOOL } }, { scalar: NaN }, over(0)],
    }
  },
  kernel: ({ axes }) => ({ fold: maximal, axes }),
  needs: same,
}

/** The largest element over axes, counted from 0, or from −1 backwards; they stay, with size 1. Throws ShapeError for an axis that is not there. */
export const max = reduction(primitive)
