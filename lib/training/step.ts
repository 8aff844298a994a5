/** The training step: one pure function, which an engine compiles as one graph. */
import type { Tensor } from '../tensor'
import { type Config, network, type Parameters } from '../paper'
import { entries } from '../trace'
import { valueAndGrad, withoutDeadWork } from '../transforms'
import { clipByGlobalNorm, globalNorm } from './clipping'
import { crossEntropy } from './loss'
import type { Optimizer } from './optimizer'

/** Clips and their classes. */
export interface Batch {
  readonly X: Tensor<['B', 'C', 'T', 'H', 'W']>
  /** Class indices 0 … K−1. */
  readonly labels: Tensor<['B']>
}
/** What a step turns into another: the parameters, and what the optimizer keeps of the steps before. */
export interface State<S = unknown> {
  readonly parameters: Parameters
  readonly optimizer: S
}
/** Every tensor of a state by its name: parameters by their path, what the optimizer keeps below `optimizer`. */
export const stateEntries = ({ parameters, optimizer }: State): [string, Tensor][] => [
  ...entries(parameters),
  ...entries(optimizer, 'optimizer'),
]

/** What a training step makes. */
export interface StepResult<S = unknown> {
  readonly state: State<S>
  /** The loss before the step. */
  readonly loss: Tensor<[]>
  readonly logits: Tensor<['B', 'K']>
  /** The gradient's norm before it was clipped. */
  readonly norm: Tensor<[]>
}

/** The network's loss on a batch, with its logits. */
export const lossOf = (config: Config, parameters: Parameters, { X, labels }: Batch) => {
  const logits = network(config, parameters, X)
  return { loss: crossEntropy(logits, labels), logits }
}

/** (state, batch, rate) → (state, loss): forward, gradient, clipping where a limit is given, and the optimizer's update.
 *  What no logit depends on is not computed (decision D6) unless `deadWork` is 'kept'; no result differs. */
export const trainingStep =
  <S>(config: Config, optimizer: Optimizer<S>, clip?: number, deadWork: 'left out' | 'kept' = 'left out') =>
  (state: State<S>, batch: Batch, rate: Tensor<[]>): StepResult<S> => {
    const loss = (p: Parameters) => lossOf(config, p, batch)
    const { value, gradient } = valueAndGrad(deadWork === 'kept' ? loss : withoutDeadWork(loss))(state.parameters)
    const { gradients, norm } =
      clip === undefined ? { gradients: gradient, norm: globalNorm(gradient) } : clipByGlobalNorm(gradient, clip)
    const next = optimizer.update(state.parameters, state.optimizer, gradients, rate)
    return { state: { parameters: next.parameters, optimizer: next.state }, ...value, norm }
  }
