/** Which parts of a memory are used: blocks of bytes, taken where they fit first, and merged when they are given back. */

const ALIGN = 64
/** Bytes that a block for so many takes. */
const rounded = (bytes: number): number => Math.ceil(Math.max(bytes, 1) / ALIGN) * ALIGN

export interface Heap {
  /** The address of a block of so many bytes. */
  readonly take: (bytes: number) => number
  readonly give: (address: number) => void
  /** Where the last block ends, and where the last one that there ever was did. */
  readonly end: () => number
  readonly peak: () => number
  /** Bytes that are in use. */
  readonly used: () => number
}

/** A heap from an address on. What it takes at its end makes it longer, without a limit. */
export const heap = (from = 0): Heap => {
  let free: readonly { readonly at: number; readonly size: number }[] = []
  const sizes = new Map<number, number>()
  let [end, peak] = [from, from]
  return {
    take: bytes => {
      const size = rounded(bytes)
      const i = free.findIndex(b => b.size >= size)
      const found = free[i]
      const at = found?.at ?? end
      if (found) {
        const rest = found.size > size ? [{ at: at + size, size: found.size - size }] : []
        free = [...free.slice(0, i), ...rest, ...free.slice(i + 1)]
      } else end += size
      peak = Math.max(peak, end)
      sizes.set(at, size)
      return at
    },
    give: address => {
      const size = sizes.get(address)
      if (size === undefined) return
      sizes.delete(address)
      const [before, after] = [free.filter(b => b.at < address), free.filter(b => b.at > address)]
      const [last, next] = [before.at(-1), after[0]]
      const joinsLast = last !== undefined && last.at + last.size === address
      const joinsNext = next !== undefined && address + size === next.at
      const at = joinsLast ? last.at : address
      const to = joinsNext ? next.at + next.size : address + size
      const others = joinsLast ? before.slice(0, -1) : before
      if (to === end) [end, free] = [at, others]
      else free = [...others, { at, size: to - at }, ...(joinsNext ? after.slice(1) : after)]
    },
    end: () => end,
    peak: () => peak,
    used: () => [...sizes.values()].reduce((a, b) => a + b, 0),
  }
}
