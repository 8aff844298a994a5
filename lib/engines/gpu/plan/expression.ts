/** What a kernel computes for each element of a tensor: reads of arrays, numbers, and operations of these. Nothing is computed
 *  or stored until a kernel is made of it, so that a chain of operations becomes one. */
import { type Shape, strides } from '../../../tensor'
import type { EachKernel, Strided } from '../../../trace'

export type Expression = Read | Literal | Each
/** The elements of an array, by its number. */
export interface Read {
  readonly kind: 'read'
  readonly array: number
  readonly at: Strided
}
/** The same number everywhere. */
export interface Literal {
  readonly kind: 'literal'
  readonly value: number
}
export interface Each {
  readonly kind: 'each'
  readonly code: EachKernel
  readonly of: readonly Expression[]
}
/** A view of a tensor, or undefined where its elements do not lie that way. */
export type View = (x: Strided) => Strided | undefined

/** Row-major order. */
export const contiguous = (shape: Shape): Strided => ({ shape, stride: strides(shape), offset: 0 })

/** A whole array of a shape. */
export const whole = (array: number, shape: Shape): Read => ({ kind: 'read', array, at: contiguous(shape) })

/** The same expression of views of its arrays, or undefined where one of them has none. */
export const viewed = (e: Expression, view: View): Expression | undefined => {
  // What is shared stays shared: it is computed once.
  const done = new Map<Expression, Expression | undefined>()
  const visit = (x: Expression): Expression | undefined => {
    if (x.kind === 'literal') return x
    if (!done.has(x)) done.set(x, x.kind === 'read' ? readAt(x) : eachOf(x))
    return done.get(x)
  }
  const readAt = (x: Read): Read | undefined => {
    const at = view(x.at)
    return at && { ...x, at }
  }
  const eachOf = (x: Each): Each | undefined => {
    const of = x.of.map(visit)
    return of.every(y => y !== undefined) ? { ...x, of } : undefined
  }
  return visit(e)
}

/** Every read in an expression. */
export const readsOf = (e: Expression): readonly Read[] =>
  e.kind === 'read' ? [e] : e.kind === 'literal' ? [] : e.of.flatMap(readsOf)

/** The arrays that expressions read, each once, in order. */
export const arraysOf = (...es: readonly Expression[]): readonly number[] => [
  ...new Set(es.flatMap(readsOf).map(r => r.array)),
]
