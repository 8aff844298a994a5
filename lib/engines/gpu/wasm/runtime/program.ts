/** A plan as one module: a function for each kernel, and one that runs all steps in order. Steps are a table in memory, so
 *  that what differs from run to run, the addresses of arrays, is written there. */
import { sizeOf } from '../../../../tensor'
import { readsOf } from '../../plan/expression'
import type { Plan, Step } from '../../plan/plan'
import { replaced } from '../../plan/views'
import {
  assemble,
  atomic,
  block,
  branch,
  branchIf,
  callIndirect,
  type Code,
  type Definition,
  drop,
  get,
  i32,
  increase,
  type Local,
  loop,
  select,
  type Module,
  set,
  type Signature,
  upTo,
  when,
} from '../assembler/instructions'
import { type Arena, arenaOf, meetings } from './arena'
import { foldKernel } from '../kernels/fold'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { definition, FLOAT, type Kernel } from '../kernels/kernel'
import { inlined } from '../kernels/lanes'
import { mapKernel } from '../kernels/map'
import { productKernel } from '../kernels/product'

/** What workers meet at: how many have come, and how often all had. In bytes, at the memory's beginning. */
const [ARRIVED, MEETINGS] = [0, 64] as const
/** How often a thread looks whether the others have come before it sleeps. */
const LOOKS = 20_000

/** A step in the table: its size in bytes, its kernel, its units, how many of them a thread takes at a time (0: the first
 *  thread takes all), whether threads meet before it, how many are taken, and the arrays that it reads and writes. */
const HEADER = 6
const TAKEN = 5 * 4
/** How many times a thread takes some of a step's units: whoever is held up leaves the rest to others. */
const TURNS = 8

export interface Program {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Functions of `Math` that it calls. */
  readonly imports: readonly string[]
  /** The table, with the arrays' numbers where their addresses go. */
  readonly table: Int32Array
  /** Where in the table arrays stand. */
  readonly places: readonly { readonly index: number; readonly array: number }[]
  /** Where arrays are that live in a run alone. */
  readonly arena: Arena
  /** Whether it is done by one thread before another one has heard of it. */
  readonly alone: boolean
}

/** Work that is done before another thread has heard of it, in operations: a step's, and a program's. */
const FEW = { step: 20_000, program: 400_000 }
/** What a step costs, in operations, roughly. */
const effort = ({ work }: Step): number => {
  if (work.kind === 'product') return 2 * sizeOf(work.space)
  const values = work.kind === 'join' ? work.parts.map(p => p.value) : [work.value]
  return sizeOf(work.shape) * (2 + Math.max(...values.map(v => readsOf(v).length)))
}

/** The kernels of a step, one after another: a join has one for each part. */
const kernelsOf = ({ work, reads }: Step, { threads, multiplyAdd }: Target): readonly Kernel[] => {
  if (work.kind === 'map') return [mapKernel(work.value, work.shape, reads)]
  if (work.kind === 'fold') return [foldKernel(work.value, work.shape, work.axes, work.fold)]
  if (work.kind === 'product') return [productKernel(work.space, work.left, work.right, reads, threads, multiplyAdd)]
  const { shape, axis, parts } = work
  const stride = shape.map((_, i) => sizeOf(shape.slice(i + 1)))
  let from = 0
  return parts.map(({ value, size }) => {
    const to = { shape: replaced(shape, axis, size), stride, offset: from * stride[axis]! }
    from += size
    return mapKernel(value, to.shape, reads, to)
  })
}

const runType: Signature = { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] }
/** A function (table, end, thread, threads, scratch): a thread's part of all steps. */
const runFunction = (kernel: number): Definition => ({
  ...runType,
  body: local => {
    const [STEP, END, THREAD, THREADS, SCRATCH] = [0, 1, 2, 3, 4] as const
    const [units, some, from, to, looks, meeting] = [
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
    ]
    const field = (i: number): Code => i32.load(get(STEP), i * FLOAT)
    const work = callIndirect(
      kernel,
      field(1),
      i32.add(get(STEP), i32.const(HEADER * FLOAT)),
      get(from),
      get(to),
      get(SCRATCH),
    )
    const inTurns = block(
      loop(
        set(from, i32.atomicAdd(get(STEP), TAKEN, get(some))),
        branchIf(1, i32.geU(get(from), get(units))),
        set(to, i32.add(get(from), get(some))),
        set(to, select(get(to), get(units), i32.ltU(get(to), get(units)))),
        work,
        branch(0),
      ),
    )
    const atOnce = [set(from, i32.const(0)), set(to, get(units)), work]
    return upTo(
      STEP,
      get(END),
      0,
      when(i32.and(field(4), i32.ne(get(THREADS), i32.const(1))), meet(get(THREADS), looks, meeting)),
      set(units, field(2)),
      set(some, field(3)),
      when(get(some), inTurns, when(i32.eqz(get(THREAD)), atOnce)),
      increase(STEP, field(0)),
    )
  },
})
/** Waits until all threads have come here. */
const meet = (threads: Code, looks: Local, meeting: Local) => {
  const now = i32.atomicLoad(i32.const(MEETINGS))
  const met = i32.ne(now, get(meeting))
  return [
    set(meeting, now),
    when(
      i32.eq(i32.add(i32.atomicAdd(i32.const(ARRIVED), 0, i32.const(1)), i32.const(1)), threads),
      [
        i32.atomicStore(i32.const(ARRIVED), 0, i32.const(0)),
        drop(i32.atomicAdd(i32.const(MEETINGS), 0, i32.const(1))),
        drop(atomic.notify(i32.const(MEETINGS), 0, threads)),
      ],
      block(
        set(looks, i32.const(0)),
        upTo(looks, i32.const(LOOKS), 1, branchIf(2, met)),
        loop(branchIf(1, met), drop(atomic.wait32(i32.const(MEETINGS), 0, get(meeting), atomic.forever)), branch(0)),
      ),
    ),
  ]
}

/** Functions of `Math` that kernels call, where they are not inlined. */
const calledBy = (steps: readonly Step[]): readonly string[] => [
  ...new Set(steps.flatMap(s => s.source.match(/\bMath\.\w+/g) ?? []).filter(name => !inlined(name))),
]

/** What a program is for: so many threads, and how a product and a sum are had there. */
export interface Target {
  readonly threads: number
  readonly multiplyAdd: MultiplyAdd
}

/** The program of a plan. */
export const programOf = (plan: Plan, target: Target, memory: Module['memory']): Program => {
  const { threads, multiplyAdd } = target
  const kernels: Kernel[] = []
  const known = new Map<string, readonly number[]>()
  const numbersOf = (step: Step): readonly number[] => {
    // Kernels whose source is the same are the same.
    const key = [step.source, step.output].join('|')
    const numbers = known.get(key) ?? kernelsOf(step, target).map(k => kernels.push(k) - 1)
    known.set(key, numbers)
    return numbers
  }
  const table: number[] = []
  const places: { index: number; array: number }[] = []
  const arena = arenaOf(plan)
  const waits = meetings(plan, arena.offsets)
  for (const step of plan.steps) {
    const numbers = numbersOf(step)
    const shared = threads > 1 && effort(step) / numbers.length >= FEW.step
    const waiting = waits(step, shared)
    for (const [part, number] of numbers.entries()) {
      const arrays = [...step.reads, step.writes]
      const { units } = kernels[number]!
      const some = shared ? Math.ceil(units / (threads * TURNS)) : 0
      table.push((HEADER + arrays.length) * FLOAT, number, units, some, Number(waiting && part === 0), 0)
      for (const array of arrays) places.push({ index: table.push(0) - 1, array })
    }
  }
  const imports = calledBy(plan.steps)
  const helpers = new Map(kernels.flatMap(k => Object.entries(k.helpers ?? {})))
  const names = [...helpers.keys()]
  // Functions come in this order: those of Math, helpers, kernels, and the one that runs them.
  const first = imports.length + names.length
  const writer = {
    imported: (name: string) => imports.indexOf(name),
    helper: (name: string) => imports.length + names.indexOf(name),
    multiplyAdd,
  }
  const bytes = assemble({
    imports: imports.map(name => ({ name, params: ['f32'], results: ['f32'] })),
    memory,
    functions: [...helpers.values(), ...kernels.map(k => definition(k, writer)), runFunction(first)],
    exported: { run: first + kernels.length },
  })
  for (let at = 0; at < table.length; at += table[at]! / FLOAT) table[at + 1]! += first
  const work = plan.steps.reduce((sum, s) => sum + effort(s), 0)
  return { bytes, imports, table: Int32Array.from(table), places, arena, alone: work < FEW.program }
}
