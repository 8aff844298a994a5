/** The signature language: one string that types a function, checks its arguments when it runs, and documents it.
 *
 *      signature := arguments '->' results             V[B*T, P, C'], M -> X[B*T, P*M, C']
 *      argument  := name? '[' dimension, … ']' '*'?    a tensor; with '*', a list of them
 *                 | name? '[' dimension, … ']' '?'     a tensor, or a scalar in its place
 *                 | name '{' argument, … '}' '*'?      a record of tensors and sizes; with '*', a list of them
 *                 | name                               a size, given as a number
 *      dimension := '...' name?                        any dimensions; equal names broadcast against one another
 *                 | terms joined by '+', of factors joined by '*', of names, numbers and '(' sums ')'
 *
 *  Names are letters, digits, '_' and primes: C'.
 *
 *  The compiler reads all of it too, within limits: 32 dimensions, 32 terms or factors in one, labels of 2,000 characters, 100
 *  arguments or fields, 20 records in one another. */
import { type Arg, type Dim, labelsOf, type Signature } from './dims'
import { SignatureError } from './errors'
import { shown } from './words'

interface Token {
  readonly text: string
  readonly at: number
}
const NAME = /^[A-Za-z_]/
/** More parentheses or records in one another than any signature has. */
const DEEPEST = 100

/** Points at a place in a signature: the line that holds it, and a caret under it. */
const pointAt = (source: string, at: number): string => {
  const start = source.lastIndexOf('\n', at - 1) + 1
  const end = source.indexOf('\n', at)
  return `${source.slice(start, end < 0 ? undefined : end)}\n${' '.repeat(at - start)}^`
}

/** Reads a signature. Throws SignatureError, with a caret under the fault, for one that is malformed, that names an
 *  argument twice, or whose results use a label that no argument has. */
export const parseSignature = (source: string): Signature => {
  if (typeof source !== 'string') throw new SignatureError(`signature: must be text, got ${shown(source)}`)
  const tokens: readonly Token[] = [
    ...Array.from(source.matchAll(/\.\.\.|->|=>|[A-Za-z_][\w']*|\d+|\S/g), m => ({ text: m[0], at: m.index })),
    { text: '', at: source.length },
  ]
  let next = 0
  const peek = (): Token => tokens[next]!
  const fault = (at: number, why: string): never => {
    throw new SignatureError(`signature: ${why}\n${pointAt(source, at)}`)
  }
  if (source.trim() === '') fault(0, "must be arguments, '->' and results, as [N, C] -> [C, N], got no text")
  const expected = (what: string): never =>
    fault(peek().at, `must have ${what} here, got ${peek().text ? `'${peek().text}'` : 'the end'}`)
  const eat = (text: string): boolean => peek().text === text && ++next > 0
  const need = (text: string): void => void (eat(text) || expected(`'${text}'`))
  const separated = <X>(item: () => X): X[] => {
    const items = [item()]
    while (eat(',')) items.push(item())
    return items
  }
  const within = <X>(item: () => X, close: string): X[] => {
    if (eat(close)) return []
    const items = separated(item)
    if (!eat(close)) expected(`',' or '${close}'`)
    return items
  }

  let depth = 0
  const deeper = (at: number): void => {
    if (++depth > DEEPEST) fault(at, `must be nested at most ${DEEPEST} deep, got more`)
  }
  const atom = (): Dim => {
    const { at } = peek()
    if (eat('(')) {
      deeper(at)
      const inner = sum()
      need(')')
      depth--
      return inner
    }
    const { text } = peek()
    if (!NAME.test(text) && !/^\d/.test(text)) expected('a dimension')
    if (/^\d/.test(text) && !Number.isSafeInteger(Number(text))) fault(at, 'a number must be below 2^53, got more')
    next++
    return NAME.test(text) ? { kind: 'label', name: text } : { kind: 'number', value: Number(text) }
  }
  const joined = (kind: '+' | '*', operand: () => Dim) => (): Dim => {
    const of = [operand()]
    while (eat(kind)) of.push(operand())
    return of.length === 1 ? of[0]! : { kind, of }
  }
  const sum: () => Dim = joined('+', joined('*', atom))
  const dimension = (): Dim => {
    if (!eat('...')) return sum()
    return { kind: '...', name: NAME.test(peek().text) ? tokens[next++]!.text : '' }
  }
  const dimensions = (): Dim[] => {
    let ellipses = 0
    return within(() => {
      const { at } = peek()
      const dim = dimension()
      if (dim.kind === '...' && ++ellipses > 1) fault(at, "a tensor must have at most one '...', got two")
      return dim
    }, ']')
  }

  /** Names without brackets, as einops has them: 'n c -> c n'. */
  const bare = (at: number): never => {
    while (NAME.test(peek().text)) next++
    return fault(at, `dimensions must be in brackets, as [N, C], got '${source.slice(at, peek().at).trim()}'`)
  }

  /** The arguments of a call or the fields of a record, whose names must differ. */
  const distinct = () => {
    const seen = new Set<string>()
    return (nameless: boolean): Arg => {
      const { text, at } = peek()
      if (NAME.test(text)) next++
      else if (!(nameless && text === '[')) expected(nameless ? "a name or '['" : 'a name')
      const name = NAME.test(text) ? text : ''
      if (name && seen.has(name)) fault(at, `arguments must have different names, got two '${name}'`)
      seen.add(name)
      if (eat('[')) {
        const [dims, optional] = [dimensions(), eat('?')]
        return { kind: 'tensor', name, dims, optional, list: !optional && eat('*') }
      }
      if (!eat('{')) {
        if (NAME.test(peek().text)) bare(at)
        return { kind: 'size', name }
      }
      deeper(at)
      const field = distinct()
      return { kind: 'record', name, fields: within(() => field(false), '}'), list: eat('*') }
    }
  }
  const argument = distinct()
  const args = separated(() => argument(true))
  need('->')
  const known = new Set(args.flatMap(labelsOf))
  const output = distinct()
  const results = separated(() => {
    const { at } = peek()
    const result = output(true)
    if (result.kind !== 'tensor' || result.list || result.optional) return fault(at, 'a result must be a tensor')
    const stray = labelsOf(result).find(l => !known.has(l))
    if (stray !== undefined) fault(at, `the labels of results must be among those of arguments, got '${stray}'`)
    return result
  })
  if (peek().text) expected("',' or the end")
  if (results.length > 1) {
    const nameless = results.findIndex(r => !r.name)
    if (nameless >= 0) fault(source.indexOf('->'), 'each of several results must have a name')
  }
  return { source, args, results }
}
