/** Where arrays lie that live within a run alone: in one block of memory, the arena. */
import type { Plan } from '../../plan/plan'
import { FLOAT } from '../kernels/kernel'
import { heap } from '../../plan/heap'

export interface Arena {
  /** Where in the arena arrays lie, by their numbers. */
  readonly offsets: ReadonlyMap<number, number>
  readonly bytes: number
}

/** The arena of a plan: a place is used again once nothing reads it any more. */
export const arenaOf = ({ steps, outputs, sizes }: Plan): Arena => {
  const kept = new Set(outputs.map(o => o.array))
  const offsets = new Map<number, number>()
  const space = heap()
  for (const { writes, frees } of steps) {
    if (!kept.has(writes)) offsets.set(writes, space.take(sizes[writes]! * FLOAT))
    for (const array of frees) space.give(offsets.get(array)!)
  }
  return { offsets, bytes: space.peak() }
}
