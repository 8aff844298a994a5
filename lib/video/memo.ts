/** What was learnt of files, kept as long as they stay as they are. */
import { builtin } from '../host'

/**
 * Learns something of files, each once: of one that has the size and the times that it had before it is known. The oldest go
 * where all weigh too much together. This is a cache alone: nothing but time depends on what is in it.
 *
 * @param most what all that is kept may weigh
 */
export const memoOfFiles = <Facts>(most: number, weightOf: (facts: Facts) => number) => {
  const kept = new Map<string, Facts>()
  let weight = 0
  return async (path: string, learn: () => Promise<Facts>): Promise<Facts> => {
    const stat = await builtin('node:fs/promises')?.stat(path, { bigint: true })
    if (stat === undefined) return learn()
    const key = [path, stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join('\0')
    const facts = kept.get(key) ?? (await learn())
    // Two may have learnt it at once.
    if (!kept.has(key)) weight += weightOf(facts)
    // Last used is last in order.
    kept.delete(key)
    kept.set(key, facts)
    for (const [oldest, old] of kept) {
      if (weight <= most) break
      kept.delete(oldest)
      weight -= weightOf(old)
    }
    return facts
  }
}
