/** A matrix product as kernels see it: Y[z, m, n] = Σₖ A[z, m, k]·B[z, k, n], Y in row-major order. */
import type { Shape } from '../../../tensor'
import { alongAxes, mergeAxes } from './axes'
import type { Read } from './expression'

/** Where an operand lies. Its lanes are the rows of A, or the columns of B. */
export interface Operand {
  readonly array: number
  readonly offset: number
  readonly lanes: number
  /** The step from one lane to the next. */
  readonly across: number
  /** The step from one element to the next along K. */
  readonly along: number
}
/** The sizes that z counts in row-major order, and the steps of A and of B along each. */
export interface Batch {
  readonly sizes: Shape
  readonly a: readonly number[]
  readonly b: readonly number[]
}
export interface ProductLayout {
  readonly M: number
  readonly N: number
  readonly K: number
  readonly batch: Batch
  readonly a: Operand
  readonly b: Operand
}

/** The layout of Σ left·right over the last axis of a space [..., M, N, K]. Rows of all matrices that share B are rows of one. */
export const productLayout = (space: Shape, left: Read, right: Read): ProductLayout => {
  const [N, K] = space.slice(-2) as [number, number]
  const n = space.length
  const before = [...Array(n - 2).keys()]
  const [p, q] = [alongAxes(left.at, before), alongAxes(right.at, before)]
  const { shape, axes } = mergeAxes(space.slice(0, -2), [p, q])
  const [a, b] = [p, q].map(view => axes.map(i => view.stride[i]!)) as [number[], number[]]
  // Where the last of the axes before N moves in A alone, it is M.
  const batches = shape.length - (b.at(-1) === 0 ? 1 : 0)
  const M = shape[batches] ?? 1
  const operand = ({ array, at }: Read, lanes: number, across: number): Operand => ({
    array,
    offset: at.offset,
    lanes,
    across,
    along: at.stride[n - 1]!,
  })
  return {
    M,
    N,
    K,
    batch: { sizes: shape.slice(0, batches), a: a.slice(0, batches), b: b.slice(0, batches) },
    a: operand(left, M, a[batches] ?? 0),
    b: operand(right, N, right.at.stride[n - 2]!),
  }
}
