/** What all kernels of a program share. A kernel is a function (arguments, from, to, scratch): it does units from … to−1 of
 *  its work; at `arguments` are the addresses of the arrays that it reads, and of the one that it writes. */
import type { Shape } from '../../../../tensor'
import type { Strided } from '../../../../trace'
import type { Expression, Read } from '../../plan/expression'
import { type Code, type Definition, get, i32, type Local, set, v128 } from '../assembler/instructions'
import { type Formula, parseFormula } from '../../plan/formula'
import { formulaCode, type Writer } from './lanes'

export const FLOAT = 4
export const LANES = 4

export interface Kernel {
  /** What can be shared among threads: they take some units each. */
  readonly units: number
  readonly body: (writer: KernelWriter) => Code
  /** Functions that it calls, by name. */
  readonly helpers?: Readonly<Record<string, Definition>>
}
interface KernelWriter extends Writer {
  /** The number of a helper. */
  readonly helper: (name: string) => number
}
export const [ARGUMENTS, FROM, TO, SCRATCH] = [0, 1, 2, 3] as const
export const kernelType = { params: ['i32', 'i32', 'i32', 'i32'], results: [] } as const

/** A kernel as a function of a module. */
export const definition = ({ body }: Kernel, numbers: Omit<KernelWriter, 'local'>): Definition => ({
  ...kernelType,
  body: local => body({ local, ...numbers }),
})

/** The address of an argument. */
export const argument = (i: number): Code => i32.load(get(ARGUMENTS), i * FLOAT)

/** The indexes of a unit along some axes, in row-major order. */
export const unravel = (unit: Local, sizes: Shape): readonly Code[] =>
  sizes.map((size, axis) => {
    const inner = sizes.slice(axis + 1).reduce((a, b) => a * b, 1)
    const at = inner === 1 ? get(unit) : i32.divU(get(unit), i32.const(inner))
    return axis === 0 ? at : i32.remU(at, i32.const(size))
  })

/** An address: base + offset + Σ stride·index, in floats. */
export const addressOf = (base: Code, { offset, stride }: Omit<Strided, 'shape'>, index: readonly Code[]): Code =>
  index.reduce<Code>(
    (sum, at, i) => (stride[i] === 0 ? sum : i32.add(sum, i32.mul(at, i32.const(stride[i]! * FLOAT)))),
    offset === 0 ? base : i32.add(base, i32.const(offset * FLOAT)),
  )

/** How the elements of one read are had: four neighbours, or the same one in all lanes. */
export interface Access {
  readonly load: (read: Read) => Code
  /** Whether the value does not change in the innermost loop: its code then goes before it. */
  readonly steady: (read: Read) => boolean
}

const formulas = new Map<string, Formula>()
const formulaOf = (source: string): Formula => {
  const known = formulas.get(source) ?? parseFormula(source)
  formulas.set(source, known)
  return known
}

/** A formula's value. */
export const formulaValue = (source: string, names: Readonly<Record<string, Code>>, writer: Writer): Code =>
  formulaCode(formulaOf(source), names, writer)

/** Writes the code that computes an expression, and returns that of its value: what is read or computed twice is so once.
 *  @param before gets the code of what is steady
 *  @param inside gets all other code */
export const expressionValue = (
  e: Expression,
  access: Access,
  writer: Writer,
  before: Code[],
  inside: Code[],
): { readonly value: Code; readonly steady: boolean } => {
  const done = new Map<unknown, { readonly value: Code; readonly steady: boolean }>()
  const kept = (key: unknown, steady: boolean, code: () => Code) => {
    const known = done.get(key)
    if (known) return known
    const local = writer.local('v128')
    ;(steady ? before : inside).push(set(local, code()))
    const made = { value: get(local), steady }
    done.set(key, made)
    return made
  }
  const visit = (x: Expression): { readonly value: Code; readonly steady: boolean } => {
    if (x.kind === 'literal') return { value: v128.splat(x.value), steady: true }
    if (x.kind === 'read')
      return kept([x.array, x.at.offset, ...x.at.stride].join(), access.steady(x), () => access.load(x))
    const known = done.get(x)
    if (known) return known
    const of = x.of.map(visit)
    const steady = of.every(y => y.steady)
    const names: Record<string, Code> = Object.fromEntries(of.map(({ value }, i) => [`x${i}`, value]))
    for (const [name, source] of Object.entries(x.code.where ?? {}))
      names[name] = kept([x, name], steady, () => formulaValue(source, names, writer)).value
    return kept(x, steady, () => formulaValue(x.code.each, names, writer))
  }
  return visit(e)
}
