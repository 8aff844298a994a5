/** A plan as dispatches: modules, the table of places that they are given, and the arena of what lives within a run. */
import type { Plan } from '../plan/plan'
import { type Lifetime, peakOf, type Placement, placed } from './arena'
import { codeOf, type Entry, tableOf, type UnitKernel, unitKernel } from './module'
import type { Tiling } from './products'
import { unitsOf } from './fuse'
import { scheduled } from './schedule'
import { splitSteps } from './split'
import { readersOf } from './units'

export interface Dispatch {
  readonly units: readonly UnitKernel[]
  readonly code: string
  /** How many workgroups there are. */
  readonly count: number
  /** Where in the table its entries begin. */
  readonly base: number
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}
export interface Program {
  readonly dispatches: readonly Dispatch[]
  /** What all dispatches are given, one after another. */
  readonly table: readonly Entry[]
  /** The elements of every array. */
  readonly sizes: readonly number[]
  readonly arena: Placement
  /** The most elements of the arena that live at one time. */
  readonly alive: number
}

/** Elements that arrays of the arena begin at multiples of. */
export const ALIGN = 64

/** Elements of an array that it costs nothing to keep. */
const SMALL = 1024

/** The units that may wait to the end, since what they read is kept until then all the same: what makes results, and what reads
 *  no more than what is small, is given from outside, or is read by others of these. */
const mayWait = (
  tasks: readonly { readonly unit: UnitKernel }[],
  outputs: ReadonlySet<number>,
  sizes: readonly number[],
): ReadonlySet<UnitKernel> => {
  const units = tasks.map(t => t.unit)
  const made = new Set(units.flatMap(u => u.writes))
  const waits = new Set(units.filter(u => u.writes.every(a => outputs.has(a))))
  const kept = new Set([...waits].flatMap(u => u.reads))
  const costsNothing = (a: number): boolean => sizes[a]! <= SMALL || !made.has(a) || outputs.has(a) || kept.has(a)
  for (const unit of units) if (unit.reads.every(costsNothing)) waits.add(unit)
  return waits
}

export const programOf = (plan: Plan, tiling: Tiling): Program => {
  const { steps, sizes } = splitSteps(plan.steps, plan.sizes)
  const readers = readersOf(steps, plan.outputs)
  const outputs = new Set(plan.outputs.map(o => o.array))
  const tasks = unitsOf(steps, outputs).map(({ unit, needs }) => ({
    unit: unitKernel(unit, readers, tiling),
    needs,
  }))
  const table: Entry[] = []
  const waits = mayWait(tasks, outputs, sizes)
  const dispatches = scheduled(tasks, u => waits.has(u)).map((units): Dispatch => {
    const { entries, count } = tableOf(units)
    const base = table.length
    table.push(...entries)
    const [reads, writes] = [units.flatMap(u => u.reads), units.flatMap(u => u.writes)]
    return { units, code: codeOf(units[0]!), count, base, reads, writes }
  })
  const within = new Set(dispatches.flatMap(d => d.writes).filter(a => !outputs.has(a)))
  const lives = new Map<number, Lifetime>()
  dispatches.forEach((dispatch, time) => {
    for (const array of [...dispatch.reads, ...dispatch.writes])
      if (within.has(array))
        lives.set(array, { array, size: sizes[array]!, from: lives.get(array)?.from ?? time, to: time })
  })
  const lifetimes = [...lives.values()]
  return { dispatches, table, sizes, arena: placed(lifetimes, ALIGN), alive: peakOf(lifetimes) }
}
