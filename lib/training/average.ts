/** A moving average of the weights. */
import { number, strict } from '../tensor/given'
import { state, optimizer } from './kinds'
import { add, scale } from '../primitives'
import { joined, mapTree } from '../trace'
import type { Optimizer } from './optimizer'
import type { State } from './step'

/** What an averaging optimizer keeps: what the optimizer itself does, and the average of all weights so far. */
export interface Averaged<S> {
  readonly of: S
  readonly average: unknown
}

/** An optimizer that keeps, besides, an exponential moving average of the weights, which starts at the initial ones; with
 *  d = 0 it is the last weights:
 *  $$a \leftarrow d a + (1 - d) w$$
 *  @param decay d, at least 0 and below 1 */
export const averaged = strict(
  'averaged',
  { optimizer, decay: number },
  <S>(optimizer: Optimizer<S>, decay: number): Optimizer<Averaged<S>> => ({
    start: parameters => ({ of: optimizer.start(parameters), average: parameters }),
    update: (parameters, { of, average }, gradients, rate) => {
      type P = typeof parameters
      const next = optimizer.update(parameters, of, gradients, rate)
      const mean = mapTree((w, [a]) => add(scale(a!, decay), scale(w, 1 - decay)), next.parameters, average as P)
      return { parameters: next.parameters, state: { of: next.state, average: mean } }
    },
  }),
)

/** The weights to predict with: the average, where one is kept of what is trained. */
export const weightsOf = strict('weightsOf', { state }, ({ parameters, optimizer }: State): State['parameters'] => {
  const { average } = optimizer as Partial<Averaged<unknown>>
  return average === undefined ? parameters : joined(average as State['parameters'], parameters)
})
