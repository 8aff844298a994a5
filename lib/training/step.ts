/** The training step: one pure function, which an engine compiles as one graph. */
import { func, number, optional, record, recordOf, strict, word } from '../tensor/given'
import { batch, config, optimizer } from './kinds'
import { type Tensor, UserError } from '../tensor'
import { network, type Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { entries, joined } from '../trace'
import { type Attention, valueAndGrad, withAttention, withoutDeadWork } from '../transforms'
import { attentionKind } from '../transforms/attention'
import { clipByGlobalNorm, globalNorm } from './clipping'
import { withBranchFactors } from './drop-path'
import { crossEntropy, targetCrossEntropy } from './loss'
import type { Optimizer } from './optimizer'

/** Clips and their classes. */
export interface Batch {
  /** Clips, or features of clips `[B, N]` where those are kept (`cutOf`). */
  readonly X: Tensor<['B', 'C', 'T', 'H', 'W']>
  /** Class indices 0 … K−1. */
  readonly labels: Tensor<['B']>
  /** What the loss compares the logits with, where that is not the labels (`targetsOf`). */
  readonly targets?: Tensor<['B', 'K']>
  /** What the blocks' branches are multiplied by (`branchFactors`), where some are left out. */
  readonly branches?: Tensor
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

/** What makes logits of parameters and of what a batch holds. */
export type Logits = (parameters: Parameters, X: Batch['X']) => Tensor<['B', 'K']>

/** What makes the logits of CSTransformer. Throws UserError for another system, whose own must be given: a page that trains none
 *  holds none. */
export const paperLogits = (config: NetworkConfig): Logits => {
  if (config.system === undefined) return (parameters, X) => network(config, parameters, X)
  throw new UserError(
    `logits must be given for ${config.system}, got none: logitsBy(config), of cstransformer/systems, makes them`,
  )
}

/** Where not everything is trained, or not from clips. */
export interface Remaining {
  /** The parameters that stay as they are; null stands for those that are trained, whose tree has null for these. */
  readonly frozen?: Parameters | undefined
  /** What makes the logits, where it is not CSTransformer of a batch's clips. */
  readonly logits?: Logits | undefined
}

/** The network's loss on a batch, with its logits.
 *  @param parameters those that are trained; no branch is left out of a block that is not */
export const lossOf = strict(
  'lossOf',
  { config, parameters: record, batch, remaining: optional(record) },
  (
    config: NetworkConfig,
    parameters: Parameters,
    { X, labels, targets, branches }: Batch,
    { frozen, logits: make = paperLogits(config) }: Remaining = {},
  ) => {
    const trained = branches ? withBranchFactors(parameters, branches) : parameters
    const logits = make(frozen ? joined(trained, frozen) : trained, X)
    return { loss: targets ? targetCrossEntropy(logits, targets) : crossEntropy(logits, labels), logits }
  },
)

/** Whether what no logit depends on is computed all the same; no result differs (decision D6). */
export type DeadWork = 'left out' | 'kept'

/** How a step is computed; its results are the same, to rounding. */
export interface Computing {
  readonly deadWork?: DeadWork | undefined
  readonly attention?: Attention | undefined
  /** What makes the logits, where it is not CSTransformer of a batch's clips. */
  readonly logits?: Logits | undefined
}

const computing = recordOf({
  deadWork: optional(word('kept', 'left out')),
  attention: optional(attentionKind),
  logits: optional(func),
})

/** The network's loss on a batch with its logits, and the gradient by the parameters that are trained. */
export const gradientOf = strict(
  'gradientOf',
  { config, computing: optional(computing) },
  (config: NetworkConfig, { deadWork = 'left out', attention, logits }: Computing = {}) =>
    (parameters: Parameters, batch: Batch, frozen?: Parameters) => {
      const loss = withAttention((p: Parameters) => lossOf(config, p, batch, { frozen, logits }), attention)
      return valueAndGrad(deadWork === 'kept' ? loss : withoutDeadWork(loss))(parameters)
    },
)

/** (state, gradient, rate) → state: clipping where a limit is given, and the optimizer's update. */
export const updateBy = strict(
  'updateBy',
  { optimizer, clip: optional(number) },
  <S>(optimizer: Optimizer<S>, clip?: number) =>
    (state: State<S>, gradient: Parameters, rate: Tensor<[]>): Pick<StepResult<S>, 'state' | 'norm'> => {
      const { gradients, norm } =
        clip === undefined ? { gradients: gradient, norm: globalNorm(gradient) } : clipByGlobalNorm(gradient, clip)
      const next = optimizer.update(state.parameters, state.optimizer, gradients, rate)
      return { state: { parameters: next.parameters, optimizer: next.state }, norm }
    },
)

/** (state, batch, rate) → (state, loss): forward, gradient, clipping where a limit is given, and the optimizer's update. The
 *  state is that of the parameters that are trained; others are given beside it. */
export const trainingStep = strict(
  'trainingStep',
  { config, optimizer, clip: optional(number), computing: optional(computing) },
  <S>(config: NetworkConfig, optimizer: Optimizer<S>, clip?: number, computing?: Computing) =>
    (state: State<S>, batch: Batch, rate: Tensor<[]>, frozen?: Parameters): StepResult<S> => {
      const { value, gradient } = gradientOf(config, computing)(state.parameters, batch, frozen)
      const { state: next, norm } = updateBy(optimizer, clip)(state, gradient, rate)
      return { state: next, ...value, norm }
    },
)
