/** Barriers: where all threads wait for one another, and before which steps they must. */
import type { Plan, Step } from '../../plan/plan'
import { atomic, block, branch, branchIf, type Code, drop, get, i32, type Local, loop, set, upTo, when } from '../assembler/instructions' // prettier-ignore
import { FLOAT } from '../kernels/kernel'

/** How many threads have arrived, and how often all had: bytes at the memory's beginning, each in a cache line of its own. */
const [ARRIVED, PASSED] = [0, 64] as const
/** Bytes that barriers need at the memory's beginning. */
export const BARRIER_BYTES = 128
/** How often a thread looks whether the others have come before it sleeps. */
const SPINS = 20_000

/** Code that waits until all threads have come to it.
 *  @param spins and passed are locals of the thread */
export const barrier = (threads: Code, spins: Local, passed: Local): Code => {
  const now = i32.atomicLoad(i32.const(PASSED))
  const open = i32.ne(now, get(passed))
  return [
    set(passed, now),
    when(
      i32.eq(i32.add(i32.atomicAdd(i32.const(ARRIVED), 0, i32.const(1)), i32.const(1)), threads),
      [
        i32.atomicStore(i32.const(ARRIVED), 0, i32.const(0)),
        drop(i32.atomicAdd(i32.const(PASSED), 0, i32.const(1))),
        drop(atomic.notify(i32.const(PASSED), 0, threads)),
      ],
      block(
        set(spins, i32.const(0)),
        upTo(spins, i32.const(SPINS), 1, branchIf(2, open)),
        loop(branchIf(1, open), drop(atomic.wait32(i32.const(PASSED), 0, get(passed), atomic.forever)), branch(0)),
      ),
    ),
  ]
}

/** A range of memory that a step touched. */
interface Touch {
  readonly array: number
  readonly written: boolean
  /** Whether threads shared the step. */
  readonly shared: boolean
}

/** Whether a step needs a barrier before it, asked for one step after another: where it touches what was written since the
 *  last one, or writes what was read. Steps of the first thread alone follow one another in any case. */
export const barriers = ({ sizes }: Plan, offsets: ReadonlyMap<number, number>) => {
  let since: readonly Touch[] = []
  const overlap = (a: number, b: number): boolean => {
    const [x, y] = [offsets.get(a), offsets.get(b)]
    if (x === undefined || y === undefined) return a === b
    return x < y + sizes[b]! * FLOAT && y < x + sizes[a]! * FLOAT
  }
  return ({ reads, writes }: Pick<Step, 'reads' | 'writes'>, shared: boolean): boolean => {
    const touches = [
      ...reads.map(array => ({ array, written: false, shared })),
      { array: writes, written: true, shared },
    ]
    const needed = since.some(
      old => (old.shared || shared) && touches.some(t => (t.written || old.written) && overlap(t.array, old.array)),
    )
    since = needed ? touches : [...since, ...touches]
    return needed
  }
}
