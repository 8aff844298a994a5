/** Folds, in two stages where few results have many elements each, for threads to share them. */
import { type Shape, sizeOf } from '../../../tensor'
import { divisors } from './axes'
import type { Steps } from './draft'
import { contiguous, type Expression, viewed } from './expression'
import { constant, named, substitute } from './formula'
import { join } from './join'
import type { Reduction } from './parse'
import { interleaved, replaced } from './views'

/** A fold of at least so many elements into at most so many results goes in two stages, of at least so many parts. */
const [LONG, RESULTS, PARTS] = [1024, 4096, 8] as const

/** In how many parts an axis is folded, of a fold of so many elements. */
const partsOf = (length: number, count: number): number => {
  const even = Math.max(...divisors(length).filter(d => d * d <= count && d < length))
  // Of prime or nearly prime length: some elements are left over, and taken one by one in the end.
  return 16 * even * even < length ? Math.floor(Math.sqrt(length)) : even
}

/** Folds the elements of an expression over axes, which stay with size 1. */
export const fold = (
  steps: Steps,
  value: Expression,
  shape: Shape,
  axes: readonly number[],
  r: Reduction,
): Expression => {
  const result = shape.map((n, i) => (axes.includes(i) ? 1 : n))
  const count = sizeOf(axes.map(a => shape[a]!))
  const reduction = { ...r, end: substitute(r.end, { n: constant(count) }) }
  const axis = axes.reduce((a, b) => (shape[b]! > shape[a]! ? b : a), axes[0] ?? 0)
  const parts = count < LONG || sizeOf(result) > RESULTS ? 0 : partsOf(shape[axis]!, count)
  if (parts < PARTS) return steps.push({ kind: 'fold', value, shape, axes, reduction }, result)
  return inStages(steps, { value, shape, axes, reduction, result, axis, parts })
}

interface Staged {
  readonly value: Expression
  readonly shape: Shape
  readonly axes: readonly number[]
  readonly reduction: Reduction
  readonly result: Shape
  /** The axis that is folded in parts. */
  readonly axis: number
  readonly parts: number
}
const inStages = (steps: Steps, { value, shape, axes, reduction, result, axis, parts }: Staged): Expression => {
  const partial = { ...reduction, end: named('s') }
  const reduced = (e: Expression, of: Shape, over: readonly number[], to: Shape, how: Reduction): Expression =>
    steps.push({ kind: 'fold', value: e, shape: of, axes: over, reduction: how }, to)

  const split = interleaved(contiguous(shape), axis, parts).shape
  const over = axes.map(a => (a > axis ? a + 1 : a))
  const sumsShape = split.map((n, i) => (over.includes(i) ? 1 : n))
  const sums = reduced(
    viewed(value, x => interleaved(x, axis, parts))!,
    split,
    over,
    sumsShape,
    partial,
  )
  const length = shape[axis]!
  const rest = length % parts
  if (rest === 0) return reduced(sums, sumsShape, [axis + 1], result, reduction)

  const restShape = replaced(shape, axis, rest)
  const tail = viewed(value, x => ({ ...x, shape: restShape, offset: x.offset + (length - rest) * x.stride[axis]! }))!
  const others = axes.filter(a => a !== axis)
  const tailResult = replaced(result, axis, rest)
  const folded = others.length === 0 ? tail : reduced(tail, restShape, others, tailResult, partial)
  const inRow = viewed(sums, x => ({
    ...x,
    shape: replaced(result, axis, parts),
    stride: x.stride.filter((_, i) => i !== axis),
  }))!
  const all = replaced(result, axis, parts + rest)
  const joined = join(steps, [inRow, folded], [replaced(result, axis, parts), tailResult], all, axis)
  return reduced(joined, all, [axis], result, reduction)
}
