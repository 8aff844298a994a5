/** A matrix product as an engine's own kernels see it: rows of A with columns of B. */
import { type Shape } from '../../tensor'
import type { Strided } from '../../trace'
import { mergeAxes } from './space'

/** Where an operand lies: its argument's number, its first element, and the step from one element to the next along K. */
interface Operand {
  readonly argument: number
  readonly offset: number
  readonly step: number
}
/** Y = A·B. The rows of Y are counted over several sizes, the last of which are those of one matrix where they share B. */
export interface Product {
  readonly n: number
  readonly k: number
  readonly a: Operand
  readonly b: Operand
  /** Steps of A and of B from one row of Y to the next. */
  readonly rows: readonly { readonly size: number; readonly a: number; readonly b: number }[]
}

/** The product that a fold over the last axis of [..., M, N, K] is, where the columns of B lie side by side.
 *  @param space its sizes
 *  @param views A and B, each repeated to that space
 *  @param names their arguments' numbers */
export const productOf = (
  space: Shape,
  [a, b]: readonly [Strided, Strided],
  names: readonly [number, number],
): Product | undefined => {
  const [n, k] = space.slice(-2) as [number, number]
  const last = space.length - 1
  if (n > 1 && b.stride[last - 1] !== 1) return undefined
  const cut = (v: Strided): Strided => ({ ...v, shape: space.slice(0, -2), stride: v.stride.slice(0, -2) })
  const rows = mergeAxes(space.slice(0, -2), [cut(a), cut(b)])
  return {
    n,
    k,
    a: { argument: names[0], offset: a.offset, step: a.stride[last]! },
    b: { argument: names[1], offset: b.offset, step: b.stride[last]! },
    rows: rows.shape.map((size, i) => ({ size, a: a.stride[rows.axes[i]!]!, b: b.stride[rows.axes[i]!]! })),
  }
}
