/** What is computed of numbers, as a tree: `x0 < 0.0 ? -size : size`. A subtree that stands in several places is one object: it
 *  is computed once. */

export type Formula = Constant | Name | Apply
export interface Constant {
  readonly kind: 'constant'
  readonly value: number
}
/** A number that is given: `x0`, the first operand; `s`, a running value; `n`, a count. */
export interface Name {
  readonly kind: 'name'
  readonly name: string
}
/** An operator of JavaScript's (`negative` for a sign, `?:` for a choice), or a function of `Math`, as `exp`. */
export interface Apply {
  readonly kind: 'apply'
  readonly op: string
  readonly of: readonly Formula[]
}
/** Formulas by the names that stand for them. */
export type Names = Readonly<Record<string, Formula>>

export const constant = (value: number): Constant => ({ kind: 'constant', value })
export const named = (name: string): Name => ({ kind: 'name', name })
export const apply = (op: string, ...of: readonly Formula[]): Apply => ({ kind: 'apply', op, of })

/** Every part of a formula, each once, what it is made of before itself. */
export const partsOf = (...formulas: readonly Formula[]): readonly Formula[] => {
  const found = new Set<Formula>()
  const visit = (f: Formula): void => {
    if (found.has(f)) return
    if (f.kind === 'apply') f.of.forEach(visit)
    found.add(f)
  }
  formulas.forEach(visit)
  return [...found]
}

/** Whether a formula asks for what a name stands for. */
export const mentions = (f: Formula, name: string): boolean =>
  partsOf(f).some(part => part.kind === 'name' && part.name === name)

/** The functions and operators of a formula, each once, with how many operands they take. */
export const operationsOf = (f: Formula): ReadonlyMap<string, number> =>
  new Map(partsOf(f).flatMap(part => (part.kind === 'apply' ? [[part.op, part.of.length]] : [])))

/** The parts of a formula that stand in several places, but for numbers and names. */
export const sharedParts = (f: Formula): ReadonlySet<Formula> => {
  const uses = new Map<Formula, number>()
  for (const part of partsOf(f)) if (part.kind === 'apply') for (const x of part.of) uses.set(x, (uses.get(x) ?? 0) + 1)
  return new Set([...uses].flatMap(([part, count]) => (count > 1 && part.kind === 'apply' ? [part] : [])))
}

/** A formula with others in the place of names; names that are not given stay. */
export const substitute = (f: Formula, names: Names): Formula => {
  const done = new Map<Formula, Formula>()
  for (const part of partsOf(f)) {
    if (part.kind === 'name') done.set(part, Object.hasOwn(names, part.name) ? names[part.name]! : part)
    else if (part.kind === 'constant') done.set(part, part)
    else {
      const of = part.of.map(x => done.get(x)!)
      done.set(part, of.every((x, i) => x === part.of[i]) ? part : { ...part, of })
    }
  }
  return done.get(f)!
}

/** Whether two formulas are the same tree. */
export const sameFormula = (a: Formula, b: Formula): boolean => {
  if (a === b) return true
  if (a.kind === 'constant') return b.kind === 'constant' && Object.is(a.value, b.value)
  if (a.kind === 'name') return b.kind === 'name' && a.name === b.name
  return b.kind === 'apply' && a.op === b.op && a.of.length === b.of.length && a.of.every((x, i) => sameFormula(x, b.of[i]!)) // prettier-ignore
}
