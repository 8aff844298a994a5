/** Training of any function: a loss of parameters and a batch, both of any form. The network of the paper has `train`, which
 *  knows its configuration, recipes and checkpoints. */
import { full, type Tensor } from '../tensor'
import { either, func, index, list, number, optional, record, recordOf, strict } from '../tensor/given'
import { compile, type Engine } from '../engines'
import { valueAndGrad } from '../transforms'
import { clipByGlobalNorm } from './clipping'
import { DivergedError } from './finite'
import { engine, optimizer } from './kinds'
import type { Optimizer } from './optimizer'
import type { Schedule } from './schedule'

/** What is minimised, and how. */
export interface Minimising<P, B, S, H> {
  readonly engine: Engine<H>
  /** The loss, a scalar, of parameters P and a batch B: pure, traced once. What it draws at random is in the batch (`keptOf`). */
  readonly loss: (parameters: P, batch: B) => Tensor<[]>
  /** What it starts from: any record or list of tensors. */
  readonly parameters: P
  readonly optimizer: Optimizer<S>
  /** The batch of a step; steps count from 0. All batches have the shapes of the first. */
  readonly batch: (step: number) => B | Promise<B>
  readonly steps: number
  /** The learning rate η: one, or that of a step. */
  readonly rate: number | Schedule
  /** The greatest norm of a gradient, where it is clipped. */
  readonly clip?: number
}

/** What is said after a step. */
export interface Minimised<P> {
  /** Steps done, this one included. */
  readonly step: number
  /** The loss of the batch before the step. */
  readonly loss: number
  /** Brings the parameters after this step back from the engine: to be asked for before the next step. */
  readonly parameters: () => Promise<P>
}

/** Minimises a loss, and yields after every step; whoever iterates may stop at any of them. Parameters and optimizer state stay
 *  with the engine. Throws DivergedError where a loss is not finite. */
export const minimise = strict(
  'minimise',
  {
    minimising: recordOf({
      engine,
      loss: func,
      parameters: either(record, list),
      optimizer,
      batch: func,
      steps: index,
      rate: either(number, func),
      clip: optional(number),
    }),
  },
  async function* <P, B, S, H>({
    engine,
    loss,
    parameters,
    optimizer,
    batch,
    steps,
    rate,
    clip,
  }: Minimising<P, B, S, H>): AsyncGenerator<Minimised<P>, void> {
    if (steps < 1) return
    const step = (p: P, state: S, given: B, eta: Tensor<[]>) => {
      const { value, gradient } = valueAndGrad((w: P, b: B) => ({ loss: loss(w, b) }))(p, given)
      const { gradients } = clip === undefined ? { gradients: gradient } : clipByGlobalNorm(gradient, clip)
      return { ...optimizer.update(p, state, gradients, eta), loss: value.loss }
    }
    const etaOf = (i: number): Tensor<[]> => full<[]>(typeof rate === 'number' ? rate : rate(i), [])
    const first = await batch(0)
    const start = optimizer.start(parameters)
    const run = await compile(step, engine, parameters, start, first, etaOf(0))
    const begun = [run.upload(parameters), run.upload(start)] as const
    let held = { parameters: begun[0], state: begun[1], release: (): void => begun.forEach(x => x.release()) }
    try {
      for (let i = 0; i < steps; i++) {
        const made = await run.hold(held.parameters, held.state, i === 0 ? first : await batch(i), etaOf(i))
        held.release()
        held = { parameters: made.get('parameters'), state: made.get('state'), release: made.release }
        const now = (await made.get('loss').download()).get()
        if (!Number.isFinite(now)) throw new DivergedError(`step ${i + 1}: the loss must be finite, got ${now}`)
        yield { step: i + 1, loss: now, parameters: held.parameters.download }
      }
    } finally {
      held.release()
    }
  },
)
