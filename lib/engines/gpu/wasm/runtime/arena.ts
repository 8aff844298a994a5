/** Where arrays lie that live within a run alone, and when threads must meet for what they share. */
import type { Plan, Step } from '../../plan/plan'
import { heap } from './heap'
import { FLOAT } from '../kernels/kernel'

/** Where in a block of `bytes` they lie. */
export interface Arena {
  readonly offsets: ReadonlyMap<number, number>
  readonly bytes: number
}

/** The arena of a plan: a place is used again once nothing reads it any more. */
export const arenaOf = ({ steps, outputs, sizes }: Plan): Arena => {
  const given = new Set(outputs.map(o => o.array))
  const offsets = new Map<number, number>()
  const space = heap()
  for (const { writes, frees } of steps) {
    if (!given.has(writes)) offsets.set(writes, space.take(sizes[writes]! * FLOAT))
    for (const array of frees) space.give(offsets.get(array)!)
  }
  return { offsets, bytes: space.peak() }
}

/** Whether threads must meet before a step, asked for one step after another: where it touches what was written since they
 *  last met, or writes what was read. The first thread's own steps follow one another in any case. */
export const meetings = ({ sizes }: Plan, offsets: ReadonlyMap<number, number>) => {
  interface Touched {
    readonly array: number
    readonly written: boolean
    readonly shared: boolean
  }
  let since: readonly Touched[] = []
  const overlap = (a: number, b: number): boolean => {
    const [x, y] = [offsets.get(a), offsets.get(b)]
    if (x === undefined || y === undefined) return a === b
    return x < y + sizes[b]! * FLOAT && y < x + sizes[a]! * FLOAT
  }
  return ({ reads, writes }: Step, shared: boolean): boolean => {
    const touches = [
      ...reads.map(array => ({ array, written: false, shared })),
      { array: writes, written: true, shared },
    ]
    const waits = since.some(
      old => (old.shared || shared) && touches.some(t => (t.written || old.written) && overlap(t.array, old.array)),
    )
    since = waits ? touches : [...since, ...touches]
    return waits
  }
}
