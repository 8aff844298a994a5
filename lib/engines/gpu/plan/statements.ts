/** The statements that compute an expression, for whatever language says how it writes values and gives them names. */
import type { Expression, Read } from './expression'
import type { Formula } from './formula'
import { atom, formulaText, type Printed, type Style } from './print'

const named = (of: readonly Printed[]): Readonly<Record<string, Printed>> =>
  Object.fromEntries(of.map((x, i) => [`x${i}`, x]))

/** Writes statements; names are given in order.
 *  @param declaration the statement that gives a value a name */
export const statements = (style: Style, declaration: (name: string, value: string) => string) => {
  let count = 0
  const declareIn =
    (out: string[]) =>
    (value: string): Printed => {
      const name = `v${count++}`
      out.push(declaration(name, value))
      return atom(name)
    }
  /** Declares what an expression needs, and returns its value, which needs no brackets.
   *  @param read the source of a read's element */
  const write = (e: Expression, read: (r: Read) => string, out: string[]): string => {
    const declare = declareIn(out)
    const elements = new Map<string, Printed>()
    const done = new Map<Expression, Printed>()
    const element = (r: Read): Printed => {
      const key = [r.array, r.at.offset, ...r.at.stride].join()
      const known = elements.get(key) ?? declare(read(r))
      elements.set(key, known)
      return known
    }
    const visit = (x: Expression): Printed => {
      if (x.kind === 'constant') return style.constant(x.value)
      if (x.kind === 'read') return element(x)
      const known = done.get(x) ?? declare(formulaText(x.formula, style, named(x.of.map(visit)), declare).text)
      done.set(x, known)
      return known
    }
    return visit(e).text
  }
  /** Declares what a formula needs, and returns its value.
   *  @param names what its names stand for, which needs no brackets */
  const formula = (f: Formula, names: Readonly<Record<string, string>>, out: string[]): string =>
    formulaText(f, style, Object.fromEntries(Object.entries(names).map(([k, v]) => [k, atom(v)])), declareIn(out)).text
  return { write, formula }
}
