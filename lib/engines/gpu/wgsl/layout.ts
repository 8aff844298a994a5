/** A matrix product as kernels in WGSL see it: Y[z, m, n] = Σ_k A[z, m, k]·B[z, k, n], Y in row-major order. */
import { sizeOf } from '../../../tensor'
import type { Strided } from '../../../trace'
import type { Source, Work } from '../plan/source'
import { mergeAxes } from '../plan/axes'

/** Where an operand lies. Its lanes are the rows of A, or the columns of B. */
export interface Operand {
  /** The number of its argument. */
  readonly argument: number
  readonly offset: number
  readonly lanes: number
  /** The step from one lane to the next. */
  readonly across: number
  /** The step from one element to the next along K. */
  readonly along: number
}
export interface Layout {
  readonly M: number
  readonly N: number
  readonly K: number
  /** The indexes that z counts in row-major order, with the steps of A and of B along each. */
  readonly batch: readonly { readonly size: number; readonly a: number; readonly b: number }[]
  readonly a: Operand
  readonly b: Operand
}

/** The product that a kernel computes, or undefined where it is none that our kernels can compute. Rows of all matrices that
 *  share B are rows of one. */
export const layoutOf = ({
  work,
  reads,
}: {
  readonly work: Work
  readonly reads: Source['reads']
}): Layout | undefined => {
  if (work.kind !== 'product') return undefined
  const { space, left, right } = work
  const [N, K] = space.slice(-2) as [number, number]
  if ([...left.at.stride, ...right.at.stride].some(step => step < 0) || sizeOf(space) === 0) return undefined
  const cut = (v: Strided): Strided => ({ ...v, shape: space.slice(0, -2), stride: v.stride.slice(0, -2) })
  const merged = mergeAxes(space.slice(0, -2), [cut(left.at), cut(right.at)])
  const groups = merged.shape.map((size, i) => {
    const axis = merged.axes[i]!
    return { size, a: left.at.stride[axis]!, b: right.at.stride[axis]! }
  })
  const last = groups.at(-1)
  const rows = last?.b === 0 ? last : { size: 1, a: 0, b: 0 }
  const n = space.length
  const operand = ({ array, at }: typeof left, lanes: number, across: number): Operand => ({
    argument: reads.indexOf(array),
    offset: at.offset,
    lanes,
    across: lanes === 1 ? 0 : across,
    along: K === 1 ? 0 : at.stride[n - 1]!,
  })
  return {
    M: rows.size,
    N,
    K,
    batch: rows === last ? groups.slice(0, -1) : groups,
    a: operand(left, rows.size, rows.a),
    b: operand(right, N, right.at.stride[n - 2]!),
  }
}

/** How blocks of an operand are read: four lanes at once, four elements along K at once, or one element at a time. */
export type Reading = 'lanes' | 'steps' | 'single'

/** How both operands can be read: four at once where what is read lies side by side, at multiples of four. */
export const readingsOf = ({ K, batch, a, b }: Layout): { readonly a: Reading; readonly b: Reading } => {
  const reading = ({ offset, lanes, across, along }: Operand, steps: readonly number[]): Reading => {
    const even = (...xs: readonly number[]): boolean => xs.every(x => x % 4 === 0)
    if (!even(offset, ...steps)) return 'single'
    if (across === 1 && even(lanes, along)) return 'lanes'
    if (along === 1 && even(K, across)) return 'steps'
    return 'single'
  }
  const found = { a: reading(a, batch.map(g => g.a)), b: reading(b, batch.map(g => g.b)) } // prettier-ignore
  // An argument that is both has one type.
  const split = a.argument === b.argument && [found.a, found.b].includes('single')
  return split ? { a: 'single', b: 'single' } : found
}
