/** What kernels for attention have in common: sizes, and what is computed of a score. */
import { type Sizes, sizesOf } from '../../../primitives/support/attention'
import type { Shape } from '../../../tensor'
import type { AttentionKernel } from '../../../trace'
import type { Read } from './expression'
import type { Formula } from './formula'
import { formulaOf } from './parse'

/** Of the operands Q, K and V: S queries and M keys of d channels, M values of e channels, in so many matrices. */
export const attentionSizes = ([Q, , V]: readonly Read[]): Sizes => sizesOf(Q!.at.shape, V!.at.shape)

/** The shape of what attention makes: `[O, L]`, ∂Q, or `[∂K, ∂V]`. */
export const attentionShape = ({ of, operands }: AttentionKernel & { readonly operands: readonly Read[] }): Shape => {
  const [Q, K, V] = operands.map(x => x.at.shape) as [Shape, Shape, Shape]
  if (of === 'queries') return Q
  return of === 'output' ? [...Q.slice(0, -1), V.at(-1)! + 1] : [...K.slice(0, -1), K.at(-1)! + V.at(-1)!]
}

/** The result as rows, each of which a thread has alone and makes of all columns: rows are queries, or keys where gradients are
 *  theirs. */
export const attentionTable = (work: AttentionKernel & { readonly operands: readonly Read[] }) => {
  const { matrices, S, M } = attentionSizes(work.operands)
  const [rows, width] = attentionShape(work).slice(-2) as [number, number]
  return { matrices, rows, columns: work.of === 'keys' ? S : M, width }
}

/** What is computed of a product s of a query and a key: `scaled` is the score, and `weight` the score's exponential, with m the largest of
 *  its row so far; `logarithm` is that of the row's sum l. With that logarithm, L, `again` is the attention p; and of the products e
 *  of C and V, `gradient` is the cotangent of s. */
export const FORMULAS = {
  scaled: formulaOf('s * scale'),
  weight: formulaOf('Math.exp(s - m)'),
  logarithm: formulaOf('m + Math.log(l)'),
  again: formulaOf('Math.exp(s * scale - L)'),
  gradient: formulaOf('p * (e - D) * scale'),
} as const

/** The formulas of a kernel. */
export const attentionFormulas = (of: AttentionKernel['of']): readonly Formula[] =>
  of === 'output' ? [FORMULAS.scaled, FORMULAS.weight, FORMULAS.logarithm] : [FORMULAS.again, FORMULAS.gradient]
