/** What all kernels of a program share. A kernel is a function (arguments, from, to, scratch): it does units from … to−1 of
 *  its work; at `arguments` are the addresses of the arrays that it reads, and of the one that it writes. */
import { type Shape, sizeOf } from '../../../../tensor'
import type { Strided } from '../../../../trace'
import type { Expression, Read } from '../../plan/expression'
import type { Formula } from '../../plan/formula'
import { type Code, get, i32, type Local, set, v128 } from '../assembler/instructions'
import type { Definition } from '../assembler/module'
import { formulaCode, type Writer } from './lanes'

export const FLOAT = 4
export const LANES = 4

/** A kernel in WebAssembly. */
export interface WasmKernel {
  /** What can be shared among threads: they take some units each. */
  readonly units: number
  readonly body: (writer: KernelWriter) => Code
  /** Functions that it calls, by name. */
  readonly helpers?: Readonly<Record<string, Definition>>
}
export interface KernelWriter extends Writer {
  /** The number of a helper. */
  readonly helper: (name: string) => number
}
export const [ARGUMENTS, FROM, TO, SCRATCH] = [0, 1, 2, 3] as const
export const kernelType = { params: ['i32', 'i32', 'i32', 'i32'], results: [] } as const

/** A kernel as a function of a module. */
export const definition = ({ body }: WasmKernel, numbers: Omit<KernelWriter, 'local'>): Definition => ({
  ...kernelType,
  body: local => body({ local, ...numbers }),
})

/** The address of an argument. */
export const argument = (i: number): Code => i32.load(get(ARGUMENTS), i * FLOAT)

/** The indexes of a unit along some axes, in row-major order. */
export const unravel = (unit: Local, sizes: Shape): readonly Code[] =>
  sizes.map((size, axis) => {
    const inner = sizeOf(sizes.slice(axis + 1))
    const at = inner === 1 ? get(unit) : i32.divU(get(unit), i32.const(inner))
    return axis === 0 ? at : i32.remU(at, i32.const(size))
  })

/** An address: base + offset + Σ stride·index, in floats. */
export const addressOf = (base: Code, { offset, stride }: Omit<Strided, 'shape'>, index: readonly Code[]): Code =>
  index.reduce<Code>(
    (sum, at, i) => (stride[i] === 0 ? sum : i32.add(sum, i32.mul(at, i32.const(stride[i]! * FLOAT)))),
    offset === 0 ? base : i32.add(base, i32.const(offset * FLOAT)),
  )

/** Where each read begins: a local for each view of an argument, and the code that computes them. */
export const startsAt = (index: readonly Code[], { local }: Writer) => {
  const known = new Map<string, Local>()
  const code: Code[] = []
  /** @param which the number of an argument */
  const start = (which: number, at: Strided): Local => {
    const key = [which, at.offset, ...at.stride].join()
    const before = known.get(key)
    if (before !== undefined) return before
    const made = local('i32')
    known.set(key, made)
    code.push(set(made, addressOf(argument(which), at, index)))
    return made
  }
  return { code, start }
}

/** How the elements of a read are loaded: four neighbours, or the same one in all lanes. */
export interface Access {
  readonly load: (read: Read) => Code
  /** Whether the value does not change in the innermost loop: its code then goes before it. */
  readonly steady: (read: Read) => boolean
}

interface Computed {
  readonly value: Code
  readonly steady: boolean
}
/** Writes the code that computes an expression, and returns that of its value: what is read or computed twice is so once.
 *  @param before gets the code of what is steady
 *  @param inside gets all other code */
export const expressionValue = (
  e: Expression,
  access: Access,
  writer: Writer,
  before: Code[],
  inside: Code[],
): Computed => {
  const kept = (steady: boolean, code: Code): Code => {
    const local = writer.local('v128')
    ;(steady ? before : inside).push(set(local, code))
    return get(local)
  }
  const reads = new Map<string, Computed>()
  const done = new Map<Expression, Computed>()
  const read = (x: Read): Computed => {
    const key = [x.array, x.at.offset, ...x.at.stride].join()
    const steady = access.steady(x)
    const known = reads.get(key) ?? { value: kept(steady, access.load(x)), steady }
    reads.set(key, known)
    return known
  }
  const formula = (f: Formula, of: readonly Computed[]): Computed => {
    const steady = of.every(y => y.steady)
    const names = Object.fromEntries(of.map(({ value }, i) => [`x${i}`, value]))
    const keep = (code: Code): Code => kept(steady, code)
    return { value: keep(formulaCode(f, names, writer, keep)), steady }
  }
  const visit = (x: Expression): Computed => {
    if (x.kind === 'constant') return { value: v128.splat(x.value), steady: true }
    if (x.kind === 'read') return read(x)
    const known = done.get(x) ?? formula(x.formula, x.of.map(visit)) // prettier-ignore
    done.set(x, known)
    return known
  }
  return visit(e)
}
