/** Formulas as text with no more brackets than needed, for whatever language says how it writes numbers and functions. */
import { type Formula, partsOf, sharedParts } from './formula'
import { BINDING } from './parse'

/** Text, and how tight what it says binds: an operand that binds less than its operator is put in brackets. */
export interface Printed {
  readonly text: string
  readonly binding: number
}
const [CHOICE, SIGN, ATOM] = [0, 7, 8] as const
/** A name, a number or a call: it never needs brackets. */
export const atom = (text: string): Printed => ({ text, binding: ATOM })

export interface Style {
  readonly constant: (value: number) => Printed
  /** A function of `Math`. */
  readonly call: (name: string, of: readonly string[]) => string
  /** A choice by a condition, where the language has no operator for it. */
  readonly choice?: (condition: string, yes: string, no: string) => string
  /** Operators that are written in another way than in JavaScript. */
  readonly operators?: Readonly<Record<string, string>>
  /** Whether `||` and `&&` are put in brackets within one another. */
  readonly logicalBrackets?: boolean
}

/** A number as a float: an integer would be something else in many languages. */
export const float = (value: number): string => {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const bracketed = ({ text, binding }: Printed, least: number): string => (binding < least ? `(${text})` : text)

/** A formula as text.
 *  @param names what its names stand for
 *  @param declare gives what stands in several places a name */
export const formulaText = (
  formula: Formula,
  { constant, call, choice, operators = {}, logicalBrackets = false }: Style,
  names: Readonly<Record<string, Printed>>,
  declare: (value: string) => Printed,
): Printed => {
  const shared = sharedParts(formula)
  const done = new Map<Formula, Printed>()
  const applied = (op: string, of: readonly Printed[]): Printed => {
    const [a, b, c] = of as readonly [Printed, Printed, Printed]
    const sign = operators[op] ?? op
    if (op === '?:' && choice) return atom(choice(a.text, b.text, c.text))
    if (op === '?:')
      return { text: `${bracketed(a, 1)} ? ${bracketed(b, 1)} : ${bracketed(c, CHOICE)}`, binding: CHOICE }
    if (op === 'negative') return { text: `-${bracketed(a, ATOM)}`, binding: SIGN }
    if (op === '!') return { text: `!${bracketed(a, ATOM)}`, binding: SIGN }
    const binding = BINDING[op]
    if (binding === undefined) return atom(call(op, of.map(x => x.text))) // prettier-ignore
    const least = logicalBrackets && (op === '||' || op === '&&') ? BINDING['===']! : binding
    return { text: `${bracketed(a, least)} ${sign} ${bracketed(b, Math.max(least, binding + 1))}`, binding }
  }
  for (const part of partsOf(formula)) {
    if (part.kind === 'constant') done.set(part, constant(part.value))
    else if (part.kind === 'name') {
      const value = names[part.name]
      if (value === undefined) throw new SyntaxError(`a name in a kernel must be known, got '${part.name}'`)
      done.set(part, value)
    } else {
      const value = applied(part.op, part.of.map(x => done.get(x)!)) // prettier-ignore
      done.set(part, shared.has(part) ? declare(value.text) : value)
    }
  }
  return done.get(formula)!
}
