/** What a kernel computes for each element of a tensor: reads of arrays, numbers, and formulas of these. Nothing is computed
 *  or stored until a kernel is made of it, so that a chain of operations becomes one. */
import { type Shape, strides } from '../../../tensor'
import type { Strided } from '../../../trace'
import { type Constant, type Formula, mentions } from './formula'

export type Expression = Read | Constant | Each
/** The elements of an array, by its number. */
export interface Read {
  readonly kind: 'read'
  readonly array: number
  readonly at: Strided
}
/** A formula, in which `x0` is an element of the first expression. */
export interface Each {
  readonly kind: 'each'
  readonly formula: Formula
  readonly of: readonly Expression[]
}
/** A view of a tensor, or undefined where its elements do not lie that way. */
export type View = (x: Strided) => Strided | undefined

/** Row-major order. */
export const contiguous = (shape: Shape): Strided => ({ shape, stride: strides(shape), offset: 0 })

/** A whole array of a shape. */
export const whole = (array: number, shape: Shape): Read => ({ kind: 'read', array, at: contiguous(shape) })

/** A formula of expressions; those that it does not mention are not read. */
export const each = (formula: Formula, of: readonly Expression[]): Expression =>
  formula.kind === 'name' && formula.name === 'x0'
    ? of[0]!
    : { kind: 'each', formula, of: of.map((e, i): Expression => (mentions(formula, `x${i}`) ? e : { kind: 'constant', value: 0 })) } // prettier-ignore

/** The same expression of views of its arrays, or undefined where one of them has none. */
export const viewed = (e: Expression, view: View): Expression | undefined => {
  // What is shared stays shared: it is computed once.
  const done = new Map<Expression, Expression | undefined>()
  const visit = (x: Expression): Expression | undefined => {
    if (x.kind === 'constant') return x
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

/** The expressions that some are made of, each once, what one is made of before itself. */
export const within = (...es: readonly Expression[]): readonly Expression[] => {
  const found = new Set<Expression>()
  const visit = (e: Expression): void => {
    if (found.has(e)) return
    if (e.kind === 'each') e.of.forEach(visit)
    found.add(e)
  }
  es.forEach(visit)
  return [...found]
}

/** Every read in an expression. */
export const readsOf = (...es: readonly Expression[]): readonly Read[] =>
  within(...es).flatMap(e => (e.kind === 'read' ? [e] : []))

/** The arrays that expressions read, each once, in order. */
export const arraysOf = (...es: readonly Expression[]): readonly number[] => [
  ...new Set(readsOf(...es).map(r => r.array)),
]
