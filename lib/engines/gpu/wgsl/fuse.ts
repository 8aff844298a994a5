/** The steps of a plan put together to units: a step goes on with a unit that it needs, and rows are read once for all that is
 *  computed of them. */
import type { DraftStep } from '../plan/draft'
import { isUnit, type Unit, unitOf } from './units'

/** How far the steps of a unit may be apart in a plan, but for those that write outputs: what is computed anew for a gradient
 *  stays there. */
const WINDOW = 24

/** Two units as one, or undefined where they are none. */
const together = (a: Unit, b: Unit, order: (s: DraftStep) => number): Unit | undefined => {
  const inRows = [a, b].find(u => u.kind === 'rows')
  const kind = inRows ? 'rows' : a.kind
  const parts = ['elements', 'rows', ...(kind === 'product' && b.kind === 'elements' ? ['product'] : [])]
  if (![a, b].every(u => parts.includes(u.kind))) return undefined
  const { count, length } = inRows ?? a
  const unit = { kind, steps: [...a.steps, ...b.steps].sort((s, t) => order(s) - order(t)), count, length }
  return isUnit(unit) ? unit : undefined
}

/** A unit in the making: the units that it needs, and those that need it. */
interface Draft {
  unit: Unit
  readonly needs: Set<number>
  readonly neededBy: Set<number>
}

/** The units of steps, and by their numbers those that each of them needs.
 *  @param outputs arrays that are results of the plan */
export const unitsOf = (
  steps: readonly DraftStep[],
  outputs: ReadonlySet<number>,
): readonly { readonly unit: Unit; readonly needs: readonly number[] }[] => {
  const orders = new Map(steps.map((s, i) => [s, i]))
  const order = (s: DraftStep): number => orders.get(s)!
  const drafts = new Map<number, Draft>()
  const makers = new Map<number, number>()
  const first = (u: number): number => order(drafts.get(u)!.unit.steps[0]!)
  const last = (u: number): number => order(drafts.get(u)!.unit.steps.at(-1)!)
  /** Whether a unit other than these two needs the one, and is needed by the other. */
  const between = (from: number, to: number): boolean => {
    const seen = new Set<number>()
    const visit = (u: number): boolean => {
      if (seen.has(u)) return false
      seen.add(u)
      // Of steps in order, none that comes after all of `to` leads there.
      return [...drafts.get(u)!.neededBy].some(next =>
        next === to ? u !== from : first(next) < last(to) && visit(next),
      )
    }
    return visit(from)
  }
  const merge = (u: number, v: number): boolean => {
    const [a, b] = [drafts.get(u)!, drafts.get(v)!]
    if (last(v) - last(u) > WINDOW && !b.unit.steps.every(s => outputs.has(s.writes))) return false
    const unit = together(a.unit, b.unit, order)
    if (!unit || between(u, v) || between(v, u)) return false
    a.unit = unit
    drafts.delete(v)
    for (const [side, other] of [
      ['needs', 'neededBy'],
      ['neededBy', 'needs'],
    ] as const)
      for (const w of b[side]) {
        drafts.get(w)?.[other].delete(v)
        if (w === u) continue
        a[side].add(w)
        drafts.get(w)![other].add(u)
      }
    a.needs.delete(v)
    a.neededBy.delete(v)
    for (const { writes } of b.unit.steps) makers.set(writes, u)
    return true
  }
  /** Units of rows by what they read, which those of the same rows read once. */
  const readers = new Map<string, number[]>()
  steps.forEach((step, v) => {
    const unit = unitOf(step)
    const needs = new Set(step.reads.flatMap(a => (makers.has(a) ? [makers.get(a)!] : [])))
    drafts.set(v, { unit, needs, neededBy: new Set() })
    for (const u of needs) drafts.get(u)!.neededBy.add(v)
    makers.set(step.writes, v)
    let now = v
    for (const u of [...needs].sort((p, q) => q - p)) if (drafts.has(u) && u !== now && merge(u, now)) now = u
    if (drafts.get(now)!.unit.kind !== 'rows') return
    for (const a of step.reads) {
      const key = [a, drafts.get(now)!.unit.length].join()
      const others = (readers.get(key) ?? []).filter(u => drafts.has(u) && u !== now)
      for (const u of [...others].reverse()) if (merge(u, now)) now = u
      readers.set(key, [...others.filter(u => drafts.has(u) && u !== now), now])
    }
  })
  const numbers = new Map([...drafts.keys()].map((u, i) => [u, i]))
  return [...drafts.values()].map(({ unit, needs }) => ({ unit, needs: [...needs].map(u => numbers.get(u)!) }))
}
