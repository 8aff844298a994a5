/** How good a network is on clips of digits that it was not trained on. */
import { setImmediate as turn } from 'node:timers/promises'
import { flat, type Tensor } from '../../tensor'
import type { Engine } from '../../engines'
import type { Parameters } from '../../paper'
import { logitsBy, type NetworkConfig } from '../../systems'
import { slice } from '../../primitives'
import { type Batch, confusion, predict, ranking } from '../../training'

/** Clips that are predicted together; in between, the bar moves and signals are heard. */
const CHUNK = 125

export interface Evaluation {
  readonly clips: number
  readonly accuracy: number
  /** The likeliest class of every clip. */
  readonly predictions: readonly number[]
  readonly labels: readonly number[]
  /** How often clips of a class (row) were taken for another (column). */
  readonly confusion: readonly (readonly number[])[]
}

/** Predicts clips. `onChunk` hears how many are done, and may end it by returning true: then there is no result. */
export const evaluate = async (
  engine: Engine,
  config: NetworkConfig,
  parameters: Parameters,
  { X, labels }: Batch,
  onChunk: (done: number) => boolean = () => false,
): Promise<Evaluation | undefined> => {
  const clips = X.shape[0]!
  const predictions: number[] = []
  const table = Array.from({ length: config.classes }, () => new Array<number>(config.classes).fill(0))
  for (let from = 0; from < clips; from += CHUNK) {
    const to = Math.min(from + CHUNK, clips)
    const logits = await predict(engine, config, parameters, slice(X as Tensor, 0, from, to), CHUNK, logitsBy(config))
    predictions.push(...ranking(logits).map(([best]) => best!))
    confusion(logits, slice(labels as Tensor, 0, from, to)).forEach((row, i) =>
      row.forEach((n, j) => (table[i]![j]! += n)),
    )
    await turn()
    if (onChunk(to)) return undefined
  }
  const right = table.reduce((sum, row, i) => sum + row[i]!, 0)
  return { clips, accuracy: right / clips, predictions, labels: [...flat(labels)], confusion: table }
}
