import { flat, type Tensor } from '../tensor'

/** The classes of each row of logits, the likeliest first. */
export const ranking = (logits: Tensor): number[][] => {
  const [B, K] = logits.shape as [number, number]
  const z = flat(logits)
  return Array.from({ length: B }, (_, b) =>
    Array.from({ length: K }, (_, k) => k).sort((i, j) => z[b * K + j]! - z[b * K + i]! || i - j),
  )
}

/** The part of the clips whose label is among the k likeliest classes: top-1, top-5 (Tables 1 to 4). */
export const topK = (logits: Tensor, labels: Tensor, k: number): number => {
  const ranks = ranking(logits)
  const label = flat(labels)
  return ranks.filter((classes, b) => classes.slice(0, k).includes(label[b]!)).length / ranks.length
}

/** How often clips of one class (row) were taken for another (column). */
export const confusion = (logits: Tensor, labels: Tensor): number[][] => {
  const K = logits.shape[1]!
  const table = Array.from({ length: K }, () => new Array<number>(K).fill(0))
  const label = flat(labels)
  ranking(logits).forEach(([best], b) => table[label[b]!]![best!]!++)
  return table
}
