/** In which order units run: those of the same kernel together, as far as none of them has to wait long. */
import type { UnitKernel } from './module'

/** A unit, and by their numbers those that it needs. */
export interface Task {
  readonly unit: UnitKernel
  readonly needs: readonly number[]
}

/** Dispatches after which a unit waits no longer for others of its kernel: what it alone reads takes memory until then. */
const PATIENCE = 24

/** How many units follow one another from each to the end, itself among them. */
const heightsOf = (tasks: readonly Task[], neededBy: readonly (readonly number[])[]): readonly number[] => {
  const heights = tasks.map(() => 0)
  const height = (i: number): number => {
    if (heights[i] === 0) heights[i] = 1 + Math.max(0, ...neededBy[i]!.map(height))
    return heights[i]!
  }
  tasks.forEach((_, i) => height(i))
  return heights
}

/** The dispatches, in order: of what can run, the kernel that most others wait for is next, and all units of it that can run do. */
export const scheduled = (
  tasks: readonly Task[],
  mayWait: (u: UnitKernel) => boolean,
): readonly (readonly UnitKernel[])[] => {
  const neededBy = tasks.map(() => [] as number[])
  tasks.forEach(({ needs }, i) => needs.forEach(n => neededBy[n]!.push(i)))
  const heights = heightsOf(tasks, neededBy)
  const missing = tasks.map(t => t.needs.length)
  const ready = new Map<number, number>()
  missing.forEach((n, i) => n === 0 && ready.set(i, 0))
  const dispatches: (readonly UnitKernel[])[] = []
  while (ready.size > 0) {
    const now = dispatches.length
    /** Those that waited too long come first, then those of the longest way to the end. */
    const rank = (i: number): number => {
      const waited = now - ready.get(i)!
      return waited > PATIENCE && !mayWait(tasks[i]!.unit) ? 1e6 + waited : heights[i]!
    }
    const next = [...ready.keys()].reduce((a, b) => (rank(b) > rank(a) ? b : a))
    const { text } = tasks[next]!.unit
    const together = [...ready.keys()].filter(i => tasks[i]!.unit.text === text)
    dispatches.push(together.map(i => tasks[i]!.unit))
    for (const i of together) ready.delete(i)
    for (const i of together) for (const j of neededBy[i]!) if (--missing[j]! === 0) ready.set(j, now + 1)
  }
  return dispatches
}
