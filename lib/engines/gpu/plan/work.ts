/** What a kernel computes, before any language. */
import { type Shape, sizeOf } from '../../../tensor'
import type { AttentionKernel, Strided } from '../../../trace'
import { attentionFormulas, attentionSizes } from './attention'
import { merged, splitAxes } from './axes'
import { arraysOf, type Expression, type Read, readsOf, within } from './expression'
import { type Formula, partsOf } from './formula'
import type { Reduction } from './parse'

export type Work =
  /** An expression, element by element. */
  | { readonly kind: 'map'; readonly value: Expression; readonly shape: Shape }
  /** An expression over a shape, reduced over axes. */
  | {
      readonly kind: 'fold'
      readonly value: Expression
      readonly shape: Shape
      readonly axes: readonly number[]
      readonly reduction: Reduction
    }
  /** Expressions one after another along an axis. */
  | { readonly kind: 'join'; readonly parts: readonly Part[]; readonly shape: Shape; readonly axis: number }
  /** Σ left·right over the last axis of a space [..., M, N, K]. */
  | { readonly kind: 'product'; readonly space: Shape; readonly left: Read; readonly right: Read }
  /** Attention, or its gradient, of Q, K, V, and C, L, D: a block of scores at a time. Behind them there may be a mask, a view of the
   *  scores' shape. */
  | (AttentionKernel & { readonly kind: 'attention'; readonly operands: readonly Read[] })
export type Fold = Work & { readonly kind: 'fold' }
export type Join = Work & { readonly kind: 'join' }
export type Product = Work & { readonly kind: 'product' }
export type Attention = Work & { readonly kind: 'attention' }

export interface Part {
  readonly value: Expression
  /** Along the axis. */
  readonly size: number
}

/** The expressions that work reads. */
export const expressionsOf = (work: Work): readonly Expression[] => {
  if (work.kind === 'product') return [work.left, work.right]
  if (work.kind === 'attention') return work.operands
  return work.kind === 'join' ? work.parts.map(p => p.value) : [work.value]
}
/** The arrays that work reads, each once: the arguments of its kernel. */
export const argumentsOf = (work: Work): readonly number[] => arraysOf(...expressionsOf(work))

/** Every formula of some work. */
export const formulasOf = (work: Work): readonly Formula[] => [
  ...within(...expressionsOf(work)).flatMap(e => (e.kind === 'each' ? [e.formula] : [])),
  ...(work.kind === 'fold' ? [work.reduction.start, work.reduction.step, work.reduction.end] : []),
  ...(work.kind === 'attention' ? attentionFormulas(work) : []),
]

/** What work costs, in operations, roughly. */
export const effort = (work: Work): number => {
  if (work.kind === 'product') return 2 * sizeOf(work.space)
  if (work.kind === 'attention') {
    const { matrices, S, M, d, e } = attentionSizes(work.operands)
    return matrices * S * M * (2 * (d + e) + (work.of === 'output' ? 0 : 2 * d) + (work.of === 'keys' ? 2 * e : 0))
  }
  return sizeOf(work.shape) * (2 + Math.max(...expressionsOf(work).map(e => readsOf(e).length)))
}

const view = ({ shape, stride, offset }: Strided): unknown => [shape, stride, offset]
/** Formulas as text: parts by their numbers. */
const formulaKey = (formula: Formula): unknown => {
  const numbers = new Map<Formula, number>()
  return partsOf(formula).map((part, i) => {
    numbers.set(part, i)
    if (part.kind === 'name') return part.name
    return part.kind === 'constant' ? String(Object.is(part.value, -0) ? '-0' : part.value) : [part.op, ...part.of.map(x => numbers.get(x)!)] // prettier-ignore
  })
}
const expressionKey = (e: Expression, reads: readonly number[]): unknown => {
  const numbers = new Map<Expression, number>()
  return within(e).map((part, i) => {
    numbers.set(part, i)
    if (part.kind === 'read') return [reads.indexOf(part.array), view(part.at)]
    if (part.kind === 'constant') return String(Object.is(part.value, -0) ? '-0' : part.value)
    return [formulaKey(part.formula), part.of.map(x => numbers.get(x)!)]
  })
}
/** A text that is the same for work that one kernel does, with its arrays for arguments. */
export const keyOf = (work: Work): string => {
  const reads = argumentsOf(work)
  const key = (e: Expression): unknown => expressionKey(e, reads)
  const parts = (): unknown => {
    switch (work.kind) {
      case 'map': {
        const { shape, value } = merged(work.value, work.shape)
        return [shape, key(value)]
      }
      case 'fold': {
        const { start, step, end } = work.reduction
        const { kept, reduced, value } = splitAxes(work.value, work.shape, work.axes)
        return [kept, reduced, key(value), [start, step, end].map(formulaKey)]
      }
      case 'join':
        return [work.shape, work.axis, work.parts.map(p => [p.size, key(p.value)])]
      case 'product':
        return [work.space, key(work.left), key(work.right)]
      case 'attention':
        return [work.of, work.scale, work.operands.map(x => [x.at.shape, key(x)])]
    }
  }
  return JSON.stringify([work.kind, parts()])
}
