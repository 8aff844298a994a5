/** How products in WGSL read their operands: four elements at once where these lie side by side, at multiples of four. */
import { sizeOf } from '../../../tensor'
import { type Operand, type ProductLayout, productLayout } from '../plan/product'
import type { Work } from '../plan/work'

/** A step that is never taken is 0, which divides by four. */
const taken = (operand: Operand, K: number): Operand => ({
  ...operand,
  across: operand.lanes === 1 ? 0 : operand.across,
  along: K === 1 ? 0 : operand.along,
})
/** The product that work is, or undefined where it is none that our kernels can compute. */
export const layoutOf = (work: Work): ProductLayout | undefined => {
  if (work.kind !== 'product') return undefined
  const { space, left, right } = work
  const backwards = [left, right].some(({ at }) => at.stride.some(step => step < 0))
  if (backwards || sizeOf(space) === 0) return undefined
  const layout = productLayout(space, left, right)
  return { ...layout, a: taken(layout.a, layout.K), b: taken(layout.b, layout.K) }
}

/** How blocks of an operand are read: four lanes at once, four elements along K at once, or one element at a time. */
export type Reading = 'lanes' | 'steps' | 'single'

/** How both operands can be read. */
export const readingsOf = ({ K, batch, a, b }: ProductLayout): { readonly a: Reading; readonly b: Reading } => {
  const even = (...xs: readonly number[]): boolean => xs.every(x => x % 4 === 0)
  const reading = ({ offset, lanes, across, along }: Operand, batches: readonly number[]): Reading => {
    if (!even(offset, ...batches)) return 'single'
    if (across === 1 && even(lanes, along)) return 'lanes'
    if (along === 1 && even(K, across)) return 'steps'
    return 'single'
  }
  const found = { a: reading(a, batch.a), b: reading(b, batch.b) }
  // An array that is both has one type.
  const split = a.array === b.array && [found.a, found.b].includes('single')
  return split ? { a: 'single', b: 'single' } : found
}
