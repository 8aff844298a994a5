/** The axes that a kernel runs over: merged where all that it reads allows it, and apart where it reduces some of them. */
import { type Shape } from '../../../tensor'
import type { Strided } from '../../../trace'
import { type Expression, readsOf, viewed } from './expression'

/** The axes of a space that several tensors are read in, merged where all of them allow. A step along a merged axis is one
 *  along the last axis that it is made of: `axes` lists these. */
interface Merged {
  readonly shape: Shape
  readonly axes: readonly number[]
}

/** Merges neighbouring axes that are steps of the same walk in every view, and drops those of size 1.
 *  @param apart axes that are not merged with their neighbours */
export const mergeAxes = (shape: Shape, views: readonly Strided[], apart: readonly number[] = []): Merged => {
  const axes: { last: number; size: number }[] = []
  shape.forEach((size, i) => {
    if (size === 1 && !apart.includes(i)) return
    const before = axes.at(-1)
    const joins =
      before &&
      ![before.last, i].some(a => apart.includes(a)) &&
      views.every(v => v.stride[before.last] === v.stride[i]! * size)
    if (joins) axes.splice(-1, 1, { ...before, last: i, size: before.size * size })
    else axes.push({ last: i, size })
  })
  return { shape: axes.map(a => a.size), axes: axes.map(a => a.last) }
}

/** A view of some of the axes alone, in an order; those left out are at index 0. */
export const alongAxes = ({ shape, stride, offset }: Strided, axes: readonly number[]): Strided => ({
  shape: axes.map(a => shape[a]!),
  stride: axes.map(a => stride[a]!),
  offset,
})
/** An expression over some of its axes, in an order. */
export const along = (e: Expression, axes: readonly number[]): Expression => viewed(e, x => alongAxes(x, axes))!

/** An expression over its axes, merged. */
export const merged = (e: Expression, shape: Shape): { readonly shape: Shape; readonly value: Expression } => {
  const { axes, shape: sizes } = mergeAxes(
    shape,
    readsOf(e).map(r => r.at),
  )
  return { shape: sizes, value: along(e, axes) }
}

/** A space of kept axes, then of reduced ones, merged, and the expression over it. */
export interface Split {
  readonly kept: Shape
  readonly reduced: Shape
  readonly value: Expression
}
/** The kept and the reduced axes of a space. */
export const splitAxes = (e: Expression, shape: Shape, axes: readonly number[]): Split => {
  const views = readsOf(e).map(r => r.at)
  const part = (reduced: boolean): Merged => {
    const among = [...shape.keys()].filter(a => axes.includes(a) === reduced)
    const { shape: sizes, axes: last } = mergeAxes(
      among.map(a => shape[a]!),
      views.map(v => alongAxes(v, among)),
    )
    return { shape: sizes, axes: last.map(i => among[i]!) }
  }
  const [kept, reduced] = [part(false), part(true)]
  return { kept: kept.shape, reduced: reduced.shape, value: along(e, [...kept.axes, ...reduced.axes]) }
}

/** The divisors of a number, in order. */
export const divisors = (n: number): readonly number[] => {
  const small: number[] = []
  for (let d = 1; d * d <= n; d++) if (n % d === 0) small.push(d)
  return [...small, ...small.map(d => n / d).reverse()].filter((d, i, all) => d !== all[i - 1])
}
