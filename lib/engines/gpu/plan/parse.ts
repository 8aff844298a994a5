/** The text of kernels as formulas. It is JavaScript's arithmetic of numbers, and nothing more. */
import type { EachKernel, Fold } from '../../../trace'
import { apply, constant, type Formula, mentions, named, type Names, substitute } from './formula'

const TOKEN = /\s*(\d+(?:\.\d*)?(?:e[-+]?\d+)?|[A-Za-z_][\w.]*|===|!==|<=|>=|\|\||&&|[-+*/<>!?:(),])/y

const tokensOf = (source: string): readonly string[] => {
  const token = new RegExp(TOKEN)
  const found: string[] = []
  while (token.lastIndex < source.trimEnd().length) {
    const match = token.exec(source)
    if (!match) throw new SyntaxError(`a kernel must be arithmetic, got: ${source}`)
    found.push(match[1]!)
  }
  return found
}

/** Operators of two operands: those that bind tighter have higher numbers. */
export const BINDING: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '===': 3,
  '!==': 3,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
}
const MATH = 'Math.'

/** Reads a formula. Throws SyntaxError for what is none. */
export const parseFormula = (source: string): Formula => {
  const tokens = tokensOf(source)
  let at = 0
  const found = (): string => `got '${tokens[at] ?? 'the end'}' in: ${source}`
  const takes = (token: string): boolean => tokens[at] === token && at++ >= 0
  const expect = (token: string): void => {
    if (!takes(token)) throw new SyntaxError(`a kernel must go on with '${token}', ${found()}`)
  }
  const operand = (): Formula => {
    if (takes('-')) return apply('negative', operand())
    if (takes('+')) return operand()
    if (takes('!')) return apply('!', operand())
    if (takes('(')) {
      const inner = choice()
      expect(')')
      return inner
    }
    const token = tokens[at] ?? ''
    if (!/^\w/.test(token)) throw new SyntaxError(`a kernel must go on with a value, ${found()}`)
    at++
    if (/^\d/.test(token)) return constant(Number(token))
    if (!takes('(')) return named(token)
    if (!token.startsWith(MATH))
      throw new SyntaxError(`a function in a kernel must be one of Math, got '${token}' in: ${source}`)
    const given = [choice()]
    while (takes(',')) given.push(choice())
    expect(')')
    const name = token.slice(MATH.length)
    // The largest of several is that of the first ones and the next.
    return name === 'max' || name === 'min' ? given.reduce((a, b) => apply(name, a, b)) : apply(name, ...given)
  }
  const above = (binding: number): Formula => {
    let left = operand()
    for (;;) {
      const op = tokens[at] ?? ''
      const next = BINDING[op]
      if (next === undefined || next <= binding) return left
      at++
      left = apply(op, left, above(next))
    }
  }
  const choice = (): Formula => {
    const condition = above(0)
    if (!takes('?')) return condition
    const yes = choice()
    expect(':')
    return apply('?:', condition, yes, choice())
  }
  const formula = choice()
  if (at < tokens.length) throw new SyntaxError(`a kernel must end, ${found()}`)
  return formula
}

const parsed = new Map<string, Formula>()
/** The formula of a text, parsed once. */
export const formulaOf = (source: string): Formula => {
  const formula = parsed.get(source) ?? parseFormula(source)
  parsed.set(source, formula)
  return formula
}

/** The formula of an elementwise kernel: what has a name in `where` stands in all places that use it. */
export const elementFormula = ({ each, where = {} }: Omit<EachKernel, 'rows'>, names: Names = {}): Formula => {
  const known = Object.entries(where).reduce<Names>(
    (all, [name, source]) => ({ ...all, [name]: substitute(formulaOf(source), all) }),
    names,
  )
  return substitute(formulaOf(each), known)
}

/** A running value s over elements x, of which there are n. */
export interface Reduction {
  readonly start: Formula
  readonly step: Formula
  readonly end: Formula
}
/** What is reduced, of operands x0, x1, …, and how. */
export const reductionOf = ({ start, step, of = 'x0', end = 's' }: Fold, names: Names = {}) => ({
  element: substitute(formulaOf(of), names),
  reduction: { start: formulaOf(start), step: formulaOf(step), end: formulaOf(end) } satisfies Reduction,
})

/** Σ x. */
export const SUM: Reduction = reductionOf({ start: '0.0', step: 's + x' }).reduction
/** Whether the value before the first element depends on it. */
export const startsWithElement = ({ start }: Reduction): boolean => mentions(start, 'x')
