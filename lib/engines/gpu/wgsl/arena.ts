/** Where in an arena arrays lie that live within a run alone, planned before it: no two that live at the same time overlap. */

/** An array: its size, and the first and the last time that it is needed. */
export interface Lifetime {
  readonly array: number
  readonly size: number
  readonly from: number
  readonly to: number
}
export interface Placement {
  readonly offsets: ReadonlyMap<number, number>
  readonly size: number
}

/** The larger ones first, each in the lowest gap between those that live while it does. */
export const placed = (lifetimes: readonly Lifetime[], align: number): Placement => {
  const aligned = (n: number): number => Math.ceil(Math.max(n, 1) / align) * align
  const done: { readonly at: number; readonly end: number; readonly life: Lifetime }[] = []
  const offsets = new Map<number, number>()
  let size = 0
  for (const life of [...lifetimes].sort((a, b) => b.size - a.size || a.from - b.from)) {
    const others = done.filter(d => d.life.from <= life.to && life.from <= d.life.to).sort((a, b) => a.at - b.at)
    const length = aligned(life.size)
    let at = 0
    for (const other of others) {
      if (at + length <= other.at) break
      at = Math.max(at, other.end)
    }
    done.push({ at, end: at + length, life })
    offsets.set(life.array, at)
    size = Math.max(size, at + length)
  }
  return { offsets, size }
}

/** The most that lives at one time. */
export const peakOf = (lifetimes: readonly Lifetime[]): number => {
  const changes = new Map<number, number>()
  for (const { size, from, to } of lifetimes) {
    changes.set(from, (changes.get(from) ?? 0) + size)
    changes.set(to + 1, (changes.get(to + 1) ?? 0) - size)
  }
  let [alive, peak] = [0, 0]
  for (const time of [...changes.keys()].sort((a, b) => a - b)) {
    alive += changes.get(time)!
    peak = Math.max(peak, alive)
  }
  return peak
}
