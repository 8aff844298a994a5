/** The function that runs all steps of a program. Steps are a table in memory, so that what differs from run to run, the
 *  addresses of arrays, is written there. */
import { block, branch, branchIf, callIndirect, type Code, get, i32, increase, loop, select, set, upTo, when } from '../assembler/instructions' // prettier-ignore
import type { Definition, Signature } from '../assembler/module'
import { FLOAT } from '../kernels/kernel'
import { barrier } from './barrier'

/** A step of the table. */
export interface Row {
  /** The number of its kernel's function. */
  readonly kernel: number
  readonly units: number
  /** How many units a thread takes at a time; 0: the first thread takes all. */
  readonly chunk: number
  /** Whether there is a barrier before it. */
  readonly waits: boolean
  /** How many arrays it reads and writes. */
  readonly arrays: number
}
/** The fields of a step, before its arrays: its size in bytes, those above, and how many units are taken. */
export const [SIZE, KERNEL, UNITS, CHUNK, WAITS, TAKEN, HEADER] = [0, 1, 2, 3, 4, 5, 6] as const
/** A step as numbers, with places for its arrays. */
export const fieldsOf = ({ kernel, units, chunk, waits, arrays }: Row): readonly number[] => [
  (HEADER + arrays) * FLOAT,
  kernel,
  units,
  chunk,
  Number(waits),
  0,
  ...Array.from({ length: arrays }, () => 0),
]

const runType: Signature = { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] }
/** A function (table, end, thread, threads, scratch): a thread's part of all steps.
 *  @param kernel the number of any kernel, which has the type of all */
export const runFunction = (kernel: number): Definition => ({
  ...runType,
  body: local => {
    const [STEP, END, THREAD, THREADS, SCRATCH] = [0, 1, 2, 3, 4] as const
    const [units, chunk, from, to] = [local('i32'), local('i32'), local('i32'), local('i32')]
    const [spins, passed] = [local('i32'), local('i32')]
    const field = (i: number): Code => i32.load(get(STEP), i * FLOAT)
    const work = callIndirect(
      kernel,
      field(KERNEL),
      i32.add(get(STEP), i32.const(HEADER * FLOAT)),
      get(from),
      get(to),
      get(SCRATCH),
    )
    const inChunks = block(
      loop(
        set(from, i32.atomicAdd(get(STEP), TAKEN * FLOAT, get(chunk))),
        branchIf(1, i32.geU(get(from), get(units))),
        set(to, i32.add(get(from), get(chunk))),
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
      when(i32.and(field(WAITS), i32.ne(get(THREADS), i32.const(1))), barrier(get(THREADS), spins, passed)),
      set(units, field(UNITS)),
      set(chunk, field(CHUNK)),
      when(get(chunk), inChunks, when(i32.eqz(get(THREAD)), atOnce)),
      increase(STEP, field(SIZE)),
    )
  },
})
