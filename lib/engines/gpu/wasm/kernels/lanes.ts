/** Formulas as WebAssembly, four numbers at a time: one in each lane of a vector. */
import { apply, constant, type Formula, operationsOf, sharedParts } from '../../plan/formula'
import { call, type Code, f32x4, get, i32, i32x4, type Local, set, v128 } from '../assembler/instructions'
import type { MultiplyAdd } from '../assembler/multiply-add'

/** Where code goes, and what it may use. */
export interface Writer {
  readonly local: (type: 'i32' | 'v128') => Local
  /** The number of an imported function of float32s, by its name in `Math`. */
  readonly imported: (name: string) => number
  readonly multiplyAdd: MultiplyAdd
}

/** Operators and functions that are instructions. */
const INSTRUCTIONS: Readonly<Record<string, (...of: readonly Code[]) => Code>> = {
  '+': f32x4.add,
  '-': f32x4.sub,
  '*': f32x4.mul,
  '/': f32x4.div,
  '<': f32x4.lt,
  '>': f32x4.gt,
  '<=': f32x4.le,
  '>=': f32x4.ge,
  '===': f32x4.eq,
  '!==': f32x4.ne,
  '||': v128.or,
  '&&': v128.and,
  '!': v128.not,
  negative: f32x4.neg,
  abs: f32x4.abs,
  sqrt: f32x4.sqrt,
  floor: f32x4.floor,
  max: f32x4.max,
  min: f32x4.min,
}

const LOG2E = Math.LOG2E
/** ln 2 in two parts: a whole number times the first is exact in float32. */
const LN2 = [0.693359375, Math.LN2 - 0.693359375] as const
/** eʳ = 1 + r + r²·(1/2! + r/3! + …): for |r| ≤ ½·ln 2 what is left out is below 6e-9. */
const EXP = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040]

/** eˣ = 2ⁿ·eʳ with n = round(x/ln 2), r = x − n·ln 2, to a few units in the last place, for all x: 0 below −104, ∞ above
 *  89, NaN for NaN. 2ⁿ comes in two factors, since neither 2¹²⁸ nor 2⁻¹⁴⁰ is a float by itself. */
const exp = (x: Code, { local, multiplyAdd }: Writer): Code => {
  const [r, n, k] = [local('v128'), local('v128'), local('v128')]
  const times = (a: Code, c: number): Code => f32x4.mul(a, v128.splat(c))
  const power = (m: Code): Code => i32x4.shl(i32x4.add(m, v128.splatBits(127)), i32.const(23))
  const polynomial = EXP.reduceRight<Code>(
    (sum, c) => (sum === 0 ? v128.splat(c) : multiplyAdd(sum, get(r), v128.splat(c))),
    0,
  )
  return [
    // pmin and pmax keep a NaN that comes first.
    set(r, f32x4.pmax(f32x4.pmin(x, v128.splat(89)), v128.splat(-104))),
    set(n, f32x4.nearest(times(get(r), LOG2E))),
    LN2.map(part => set(r, multiplyAdd(get(n), v128.splat(-part), get(r)))),
    set(n, i32x4.fromFloat(get(n))),
    set(k, i32x4.shrS(get(n), i32.const(1))),
    f32x4.mul(
      f32x4.mul(f32x4.add(multiplyAdd(f32x4.mul(get(r), get(r)), polynomial, get(r)), v128.splat(1)), power(get(k))),
      power(i32x4.sub(get(n), get(k))),
    ),
  ]
}

/** A function of JavaScript's, lane by lane. */
const laneByLane = (name: string, of: readonly Code[], { local, imported }: Writer): Code => {
  const y = local('v128')
  const operands = of.map(() => local('v128'))
  const f = imported(name)
  const lane = (i: number): Code => f32x4.replace(get(y), i, call(f, ...operands.map(x => f32x4.extract(get(x), i))))
  return [of.map((x, k) => set(operands[k]!, x)), [0, 1, 2, 3].map(i => set(y, lane(i))), get(y)]
}

/** The functions of `Math` that a formula calls, each with how many operands it takes. */
export const importsOf = (f: Formula): readonly (readonly [name: string, operands: number])[] =>
  [...operationsOf(f)].filter(([op]) => op !== 'exp' && op !== '?:' && !(op in INSTRUCTIONS))

/** What a formula multiplies and what it adds to that, where it does so.
 *  @param shared what is computed once for several places, and so no part of one instruction */
const multiplied = (f: Formula, shared: ReadonlySet<Formula>): readonly Formula[] => {
  const factors = (x: Formula): readonly Formula[] => (x.kind === 'apply' && x.op === '*' && !shared.has(x) ? x.of : [])
  if (f.kind !== 'apply' || f.of.length !== 2) return []
  const [left, right] = f.of as [Formula, Formula]
  const [before, after] = [factors(left), factors(right)]
  if (f.op === '+' && before.length > 0) return [...before, right]
  if (f.op === '+' && after.length > 0) return [...after, left]
  if (f.op === '-' && after.length > 0) return [apply('negative', after[0]!), after[1]!, left]
  if (f.op === '-' && right.kind === 'constant' && before.length > 0) return [...before, constant(-right.value)]
  return []
}

/** The value of a formula.
 *  @param names the code that its names stand for
 *  @param keep puts a value that stands in several places where it is computed once, and returns code that has it again */
export const formulaCode = (
  formula: Formula,
  names: Readonly<Record<string, Code>>,
  writer: Writer,
  keep: (code: Code) => Code = code => code,
): Code => {
  const shared = sharedParts(formula)
  const done = new Map<Formula, Code>()
  const applied = (f: Formula): Code => {
    if (f.kind === 'constant') return v128.splat(f.value)
    if (f.kind === 'name') {
      const value = names[f.name]
      if (value === undefined) throw new SyntaxError(`a name in a kernel must be known, got '${f.name}'`)
      return value
    }
    const [a, b, c] = multiplied(f, shared).map(code)
    if (c !== undefined) return writer.multiplyAdd(a!, b!, c)
    const of = f.of.map(code)
    if (f.op === '?:') return v128.select(of[1]!, of[2]!, of[0]!)
    if (f.op === 'exp') return exp(of[0]!, writer)
    return INSTRUCTIONS[f.op]?.(...of) ?? laneByLane(f.op, of, writer)
  }
  const code = (f: Formula): Code => {
    if (!shared.has(f)) return applied(f)
    const known = done.get(f) ?? keep(applied(f))
    done.set(f, known)
    return known
  }
  return code(formula)
}
