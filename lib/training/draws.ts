/** What a training step draws at random, as inputs of its graph: from a seed, a name and the step alone. */
import { over, randomStream, type Shape, sizeOf, storage, type Tensor } from '../tensor'
import { number, optional, recordOf, shape, strict, text, wholeNumber } from '../tensor/given'

/** Where a draw comes from: the same gives the same numbers, and another name or step gives others. */
export interface Draw {
  readonly seed: number
  readonly step: number
  /** What it is for, where a step draws several. */
  readonly name?: string
}
const draw = recordOf({ seed: wholeNumber, step: wholeNumber, name: optional(text) })
const streamOf = (kind: string, { seed, step, name = '' }: Draw): (() => number) =>
  randomStream(seed, `${kind} ${name} ${step}`)

/** What dropout multiplies activations by: 0 where one is left out, with probability p, else 1/(1 − p), so that their mean stays
 *  (Srivastava et al., 2014). For stochastic depth the shape is one number for each sequence, `[N, 1, 1]`. */
export const keptOf = strict('keptOf', { p: number, shape, draw }, (p: number, shape: Shape, draw: Draw): Tensor => {
  const random = streamOf('dropout', draw)
  const kept = storage(sizeOf(shape), 'float32').map(() => (random() < p ? 0 : 1 / (1 - p)))
  return over(kept, shape)
})

/** Noise to be added: normal numbers of a deviation σ. */
export const noiseOf = strict(
  'noiseOf',
  { sigma: number, shape, draw },
  (sigma: number, shape: Shape, draw: Draw): Tensor => {
    const random = streamOf('noise', draw)
    const normal = (): number => sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return over(storage(sizeOf(shape), 'float32').map(normal), shape)
  },
)
