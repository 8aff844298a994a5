/** A plan as one module: a function for each kernel, and one that runs all steps in order. */
import { sizeOf } from '../../../../tensor'
import type { Plan, Step } from '../../plan/plan'
import { replaced } from '../../plan/views'
import { effort, formulasOf, type Join, keyOf } from '../../plan/work'
import { assemble, type Module } from '../assembler/module'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { attentionKernel } from '../kernels/attention'
import { foldKernel } from '../kernels/fold'
import { definition, FLOAT, type WasmKernel } from '../kernels/kernel'
import { importsOf } from '../kernels/lanes'
import { mapKernel } from '../kernels/map'
import { productKernel } from '../kernels/product'
import { type Arena, arenaOf } from './arena'
import { barriers } from './barrier'
import { CHUNK, fieldsOf, HEADER, KERNEL, type Row, runFunction, SIZE, UNITS } from './steps'

/** Into how many chunks for each thread a step's units are cut: whoever is held up leaves the rest to others. */
const CHUNKS = 8
/** Work that is done before another thread has heard of it, in operations: a step's, and a program's. */
const MIN_EFFORT = { step: 20_000, program: 400_000 }

/** What a program is for: so many threads, and how a sum grows by a product there. */
export interface Target {
  readonly threads: number
  readonly multiplyAdd: MultiplyAdd
}

export interface Program {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Functions of `Math` that it calls. */
  readonly imports: readonly string[]
  /** The table of steps, with 0 where the addresses of arrays go. */
  readonly table: Int32Array
  /** Where in the table arrays stand. */
  readonly places: readonly { readonly index: number; readonly array: number }[]
  /** Where arrays are that live in a run alone. */
  readonly arena: Arena
  /** Whether it is done by one thread before another one has heard of it. */
  readonly alone: boolean
}

const joinKernels = ({ shape, axis, parts }: Join, reads: readonly number[]): readonly WasmKernel[] => {
  const stride = shape.map((_, i) => sizeOf(shape.slice(i + 1)))
  let from = 0
  return parts.map(({ value, size }) => {
    const to = { shape: replaced(shape, axis, size), stride, offset: from * stride[axis]! }
    from += size
    return mapKernel(value, to.shape, reads, to)
  })
}
/** The kernels of a step, one after another: a join has one for each part. */
const kernelsOf = ({ work, reads }: Step, { threads, multiplyAdd }: Target): readonly WasmKernel[] => {
  if (work.kind === 'map') return [mapKernel(work.value, work.shape, reads)]
  if (work.kind === 'fold') return [foldKernel(work)]
  if (work.kind === 'product') return [productKernel(work, reads, threads, multiplyAdd)]
  if (work.kind === 'attention') return [attentionKernel(work, reads, threads, multiplyAdd)]
  return joinKernels(work, reads)
}

/** The kernels of a plan: `ofSteps` are their numbers for each step. Those that do the same are one. */
interface Kernels {
  readonly all: readonly WasmKernel[]
  readonly ofSteps: readonly (readonly number[])[]
}
const kernelsOfPlan = ({ steps }: Plan, target: Target): Kernels => {
  const all: WasmKernel[] = []
  const known = new Map<string, readonly number[]>()
  const ofSteps = steps.map(step => {
    const key = keyOf(step.work)
    const numbers = known.get(key) ?? kernelsOf(step, target).map(k => all.push(k) - 1)
    known.set(key, numbers)
    return numbers
  })
  return { all, ofSteps }
}

/** The table's rows: for each step, one for each of its kernels.
 *  @param first the number of the first kernel's function */
const rowsOf = (plan: Plan, { all, ofSteps }: Kernels, arena: Arena, threads: number, first: number) => {
  const needsBarrier = barriers(plan, arena.offsets)
  return plan.steps.flatMap((step, i) => {
    const numbers = ofSteps[i]!
    const arrays = [...step.reads, step.writes]
    const shared = threads > 1 && effort(step.work) / numbers.length >= MIN_EFFORT.step
    const waits = needsBarrier(step, shared)
    return numbers.map((number, part) => {
      const { units } = all[number]!
      const chunk = shared ? Math.ceil(units / (threads * CHUNKS)) : 0
      const row: Row = { kernel: first + number, units, chunk, waits: waits && part === 0, arrays: arrays.length }
      return { row, arrays }
    })
  })
}

/** The module of some kernels, and the number of the first one's function: those of `Math`, and helpers, come before. */
const moduleOf = (plan: Plan, kernels: readonly WasmKernel[], { multiplyAdd }: Target, memory: Module['memory']) => {
  const imports = new Map(plan.steps.flatMap(s => formulasOf(s.work)).flatMap(importsOf))
  const helpers = new Map(kernels.flatMap(k => Object.entries(k.helpers ?? {})))
  const [functions, names] = [[...imports.keys()], [...helpers.keys()]]
  const first = functions.length + names.length
  const writer = {
    imported: (name: string) => functions.indexOf(name),
    helper: (name: string) => functions.length + names.indexOf(name),
    multiplyAdd,
  }
  const bytes = assemble({
    imports: [...imports].map(([name, operands]) => ({
      name,
      params: Array.from({ length: operands }, () => 'f32' as const),
      results: ['f32'],
    })),
    memory,
    functions: [...helpers.values(), ...kernels.map(k => definition(k, writer)), runFunction(first)],
    exported: { run: first + kernels.length },
  })
  return { bytes, imports: functions, first }
}

/** The program of a plan. */
export const programOf = (plan: Plan, target: Target, memory: Module['memory']): Program => {
  const kernels = kernelsOfPlan(plan, target)
  const { bytes, imports, first } = moduleOf(plan, kernels.all, target, memory)
  const arena = arenaOf(plan)
  const table: number[] = []
  const places: { index: number; array: number }[] = []
  for (const { row, arrays } of rowsOf(plan, kernels, arena, target.threads, first)) {
    arrays.forEach((array, i) => places.push({ index: table.length + HEADER + i, array }))
    table.push(...fieldsOf(row))
  }
  const alone = plan.steps.reduce((sum, s) => sum + effort(s.work), 0) < MIN_EFFORT.program
  return { bytes, imports, table: Int32Array.from(table), places, arena, alone }
}

/** The rows of a program's table. */
export const rowsIn = ({ table }: Program): readonly Pick<Row, 'kernel' | 'units' | 'chunk'>[] => {
  const rows: Pick<Row, 'kernel' | 'units' | 'chunk'>[] = []
  for (let at = 0; at < table.length; at += table[at + SIZE]! / FLOAT)
    rows.push({ kernel: table[at + KERNEL]!, units: table[at + UNITS]!, chunk: table[at + CHUNK]! })
  return rows
}
