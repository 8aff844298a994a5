/** What kernels for attention have in common: sizes, and what is computed of a score. */
import { type Sizes, sizesOf } from '../../../primitives/support/attention'
import type { Shape } from '../../../tensor'
import type { AttentionKernel } from '../../../trace'
import type { Read } from './expression'
import type { Formula } from './formula'
import { formulaOf } from './parse'

type Operands = AttentionKernel & { readonly operands: readonly Read[] }

/** Of the operands Q, K and V: S queries and M keys of d channels, M values of e channels, in so many matrices. */
export const attentionSizes = ([Q, , V]: readonly Read[]): Sizes => sizesOf(Q!.at.shape, V!.at.shape)

/** The shape of what attention makes: `[O, L]`, ∂Q, or `[∂K, ∂V]`. */
export const attentionShape = ({ of, operands }: Operands): Shape => {
  const [Q, K, V] = operands.map(x => x.at.shape) as [Shape, Shape, Shape]
  if (of === 'queries') return Q
  return of === 'output' ? [...Q.slice(0, -1), V.at(-1)! + 1] : [...K.slice(0, -1), K.at(-1)! + V.at(-1)!]
}

/** The result as rows, each of which a thread has alone and makes of all columns: rows are queries, or keys where gradients are
 *  theirs. */
export const attentionTable = (work: Operands) => {
  const { matrices, S, M } = attentionSizes(work.operands)
  const [rows, width] = attentionShape(work).slice(-2) as [number, number]
  return { matrices, rows, columns: work.of === 'keys' ? S : M, width }
}

/** Where among the operands there is a mask, if there is one. */
export const MASK = { output: 3, queries: 6, keys: 6 } as const

/** What is computed of a product s of a query and a key, to whose score a mask adds b: `scaled` is the score, and `weight` the score's
 *  exponential, with m the largest of its row so far; `logarithm` is that of the row's sum l. With that logarithm, L, `again` is the
 *  attention p; and of the products e of C and V, `gradient` is the cotangent of s. */
const formulas = (score: string) => ({
  scaled: formulaOf(score),
  weight: formulaOf('Math.exp(s - m)'),
  logarithm: formulaOf('m + Math.log(l)'),
  again: formulaOf(`Math.exp(${score} - L)`),
  gradient: formulaOf('p * (e - D) * scale'),
})
const [BARE, MASKED] = [formulas('s * scale'), formulas('s * scale + b')]
/** Those of some work. */
export type ScoreFormulas = typeof BARE
export const scoreFormulas = ({ of, operands }: Operands): ScoreFormulas => (operands[MASK[of]] ? MASKED : BARE)

/** Those that its kernel computes. */
export const attentionFormulas = (work: Operands): readonly Formula[] => {
  const { scaled, weight, logarithm, again, gradient } = scoreFormulas(work)
  return work.of === 'output' ? [scaled, weight, logarithm] : [again, gradient]
}
