import { checkLabels } from './labels'
import { count, index, list, listOf, recordOf, strict, tensor } from '../tensor/given'
import { flat, must, ShapeError, type Tensor } from '../tensor'

/** The sizes of logits. Throws ShapeError for what has no rows of classes. */
const checkLogits = ({ shape }: Tensor): readonly [B: number, K: number] => {
  const [B, K] = shape
  if (B === undefined || K === undefined || shape.length > 2)
    throw new ShapeError(`the logits must be [B, K], got [${shape.join(', ')}]`)
  return [B, K]
}

/** Checks that each row of logits has a label that is one of its classes; gives their number. */
const checkRows = (logits: Tensor, labels: Tensor): number => {
  const [B, K] = checkLogits(logits)
  if (labels.shape.length !== 1 || labels.shape[0] !== B)
    throw new ShapeError(`the labels must be [${B}], one for each row of logits, got [${labels.shape.join(', ')}]`)
  checkLabels(labels, K)
  return K
}

/** Held-out clips or videos that are enough for a measurement on the way. */
export const INTERIM_CLIPS = 256

/** The classes of each row of logits, the likeliest first. */
export const ranking = strict('ranking', { logits: tensor }, (logits: Tensor): number[][] => {
  const [B, K] = checkLogits(logits)
  const z = flat(logits)
  return Array.from({ length: B }, (_, b) => ranked(z.slice(b * K, (b + 1) * K)))
})

/** Classes from the likeliest to the least likely; of equal ones the first comes first. */
export const ranked = strict('ranked', { scores: list }, (scores: ArrayLike<number>): number[] =>
  Array.from(scores, (_, k) => k).sort((i, j) => scores[j]! - scores[i]! || i - j),
)

/** The part of the clips whose label is among the k likeliest classes: top-1, top-5 (Tables 1 to 4). */
export const topK = strict(
  'topK',
  { logits: tensor, labels: tensor, k: count },
  (logits: Tensor, labels: Tensor, k: number): number => {
    checkRows(logits, labels)
    const ranks = ranking(logits)
    const label = flat(labels)
    return ranks.filter((classes, b) => classes.slice(0, k).includes(label[b]!)).length / ranks.length
  },
)

/** How often clips of one class (row) were taken for another (column). */
export const confusion = strict(
  'confusion',
  { logits: tensor, labels: tensor },
  (logits: Tensor, labels: Tensor): number[][] => {
    const K = checkRows(logits, labels)
    const table = Array.from({ length: K }, () => new Array<number>(K).fill(0))
    const label = flat(labels)
    ranking(logits).forEach(([best], b) => table[label[b]!]![best!]!++)
    return table
  },
)

/** How well classes were told apart: what Tables 1 to 4 print, and more. */
export interface Accuracy {
  /** The part of the videos whose likeliest class is theirs. */
  readonly top1: number
  /** The part whose class is among the five likeliest. */
  readonly top5: number
  /** The mean, over the classes that occur, of the part of a class's videos that are right. */
  readonly meanClass: number
  /** How often videos of one class (row) were taken for another (column). */
  readonly confusion: readonly (readonly number[])[]
}

/** Measures rankings: for every video its K classes, the likeliest first, and its label. */
export const accuracyOf = strict(
  'accuracyOf',
  { videos: listOf(recordOf({ ranking: list, label: index })), K: count },
  (videos: readonly { readonly ranking: readonly number[]; readonly label: number }[], K: number): Accuracy => {
    const table = Array.from({ length: K }, () => new Array<number>(K).fill(0))
    for (const [i, { label }] of videos.entries())
      must(`accuracyOf: videos[${i}].label`, `below ${K}`, label, label < K)
    for (const { ranking, label } of videos) table[label]![ranking[0]!]!++
    const within = (k: number): number =>
      videos.filter(({ ranking, label }) => ranking.slice(0, k).includes(label)).length / videos.length
    const parts = table.flatMap((row, k) => {
      const all = row.reduce((a, b) => a + b, 0)
      return all === 0 ? [] : [row[k]! / all]
    })
    return {
      top1: within(1),
      top5: within(5),
      meanClass: parts.reduce((a, b) => a + b, 0) / parts.length,
      confusion: table,
    }
  },
)
