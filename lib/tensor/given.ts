/** What functions are given, checked where they are called: what the compiler sees in TypeScript, a caller in JavaScript, or one
 *  with a cast, hears of in words. */
import { checkCount } from './arguments'
import { UserError } from './errors'
import { isTensor, type Tensor } from './tensor'
import { shown, tame } from './words'

/** What an argument must be, in words, and whether it is. */
export interface Kind {
  readonly is: string
  readonly holds: (x: unknown) => boolean
  /** What is wrong inside of it, where that can be said. */
  readonly within?: (x: unknown, path: string) => string | undefined
  readonly optional?: true
}

/** Whether a value is an object with keys, as JSON has them. */
export const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)
const kind = (is: string, holds: (x: unknown) => boolean): Kind => ({ is, holds })

const isReal = (x: unknown): x is Tensor => isTensor(x) && ['float32', 'float64'].includes(x.dtype)
/** It may have no elements. */
export const anyTensor = kind('a tensor of float32 or float64', isReal)
/** With elements, of numbers that it may hold. */
export const tensor = kind('a tensor of float32 or float64 with elements', x => isReal(x) && x.shape.every(n => n > 0))
export const number = kind('a finite number', Number.isFinite)
/** A finite one. */
export const above0 = kind('a number above 0', x => Number.isFinite(x) && (x as number) > 0)
export const count = kind('a whole number of at least 1', x => Number.isSafeInteger(x) && (x as number) >= 1)
export const index = kind('a whole number of at least 0', x => Number.isSafeInteger(x) && (x as number) >= 0)
/** A number of things that each take some memory. */
export const few = kind('a whole number from 0 to 65536', x => index.holds(x) && (x as number) <= 65536)
export const real = kind('a number', x => typeof x === 'number')
export const wholeNumber = kind('a whole number', Number.isSafeInteger)
export const text = kind('text', x => typeof x === 'string')
export const list = kind('a list', x => Array.isArray(x) || ArrayBuffer.isView(x))
export const shape = kind('a list of whole numbers of at least 0', x => Array.isArray(x) && x.every(index.holds))
export const record = kind('a record', x => isRecord(x) && !isTensor(x))
export const func = kind('a function', x => typeof x === 'function')
export const bytes = kind('bytes', x => x instanceof Uint8Array)
export const dtype = kind('float32 or float64', x => x === 'float32' || x === 'float64')
export const flag = kind('true or false', x => typeof x === 'boolean')
export const anything = kind('anything', () => true)

/** One of some words. */
export const word = (...words: readonly string[]): Kind =>
  kind(words.map(one => `'${one}'`).join(' or '), x => words.includes(x as string))
/** One of two kinds. */
export const either = (a: Kind, b: Kind): Kind => kind(`${a.is} or ${b.is}`, x => a.holds(x) || b.holds(x))
/** It may be left out. */
export const optional = (of: Kind): Kind => ({ ...of, holds: x => x === undefined || of.holds(x), optional: true })
/** A list whose items are of a kind. */
export const listOf = (item: Kind, least = 0): Kind => ({
  is: least === 0 ? 'a list' : `a list of at least ${least}`,
  holds: x => list.holds(x) && (x as ArrayLike<unknown>).length >= least,
  within: (x, path) => {
    for (const [i, one] of [...(x as Iterable<unknown>)].entries()) {
      const fault = faultOf(item, one, `${path}[${i}]`)
      if (fault !== undefined) return fault
    }
    return undefined
  },
})
/** A record whose fields are of kinds; it may have others. */
export const recordOf = (fields: Readonly<Record<string, Kind>>): Kind => ({
  ...record,
  within: (x, path) => {
    for (const [key, field] of Object.entries(fields)) {
      const fault = faultOf(field, (x as Record<string, unknown>)[key], below(path, key))
      if (fault !== undefined) return fault
    }
    return undefined
  },
})
/** A record of these fields, and of no others. */
export const exactly = (fields: Readonly<Record<string, Kind>>, is = record.is): Kind => ({
  ...recordOf(fields),
  is,
  within: (x, path) => {
    const stray = Object.keys(x as object).find(key => !Object.hasOwn(fields, key))
    if (stray === undefined) return recordOf(fields).within!(x, path)
    return `${tame(below(path, stray))} must be left out, got ${shown((x as Record<string, unknown>)[stray])}`
  },
})
/** A record whose field under a key says which others it has. */
export const choice = (key: string, of: Readonly<Record<string, Readonly<Record<string, Kind>>>>): Kind => {
  const names = word(...Object.keys(of))
  return {
    ...record,
    is: names.is,
    within: (x, path) => {
      const chosen = (x as Record<string, unknown>)[key]
      return (
        faultOf(names, chosen, below(path, key)) ?? exactly({ [key]: names, ...of[chosen as string] }).within!(x, path)
      )
    },
  }
}
/** A kind of one's own. */
export const holding = (is: string, holds: (x: unknown) => boolean): Kind => kind(is, holds)

const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** What is wrong with a value, by its path; nothing where it is of the kind. */
export const faultOf = (expected: Kind, x: unknown, path: string): string | undefined => {
  if (!expected.holds(x)) return `${path} must be ${expected.is}, got ${isTensor(x) ? `one of ${x.dtype}[${x.shape.join(', ')}]` : shown(x)}` // prettier-ignore
  return x === undefined && expected.optional ? undefined : expected.within?.(x, path)
}

type Function = (...args: never[]) => unknown

/** A function that checks what it is given, argument by argument where their kinds are said, and refuses arguments beyond those
 *  that it takes, where JavaScript would pass over them. It throws UserError that names the argument, what was expected and what
 *  was found. */
export const strict: {
  <F extends Function>(who: string, f: F): F
  <F extends Function>(who: string, kinds: Readonly<Record<string, Kind>>, f: F): F
} = <F extends Function>(who: string, given: F | Readonly<Record<string, Kind>>, f?: F): F => {
  const [kinds, body] = typeof given === 'function' ? [{}, given] : [given, f!]
  const expected = Object.entries(kinds)
  const most = typeof given === 'function' ? given.length : expected.length
  const checked = (...args: unknown[]): unknown => {
    checkCount(who, most, args)
    for (const [i, [name, one]] of expected.entries()) {
      const fault = faultOf(one, args[i], name)
      if (fault !== undefined) throw new UserError(`${who}: ${fault}`)
    }
    return body(...(args as never[]))
  }
  return checked as unknown as F
}
