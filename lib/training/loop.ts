/** The training loop: the state of a step goes into the next, and stays on the engine meanwhile. */
import { func, recordOf, strict } from '../tensor/given'
import { config, engine, parameters, recipe, state } from './kinds'
import { type Tensor } from '../tensor'
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { joined, leaves, rebuild } from '../trace'
import { checkBatch, checkState, divergence } from './finite'
import { optimizerOf, type Recipe, scheduleOf } from './recipe'
import { type Cut } from './cut'
import { trainedOf } from './freeze'
import { compileStep, partsOf, type StepOptions } from './parts'
import { type Batch, type DeadWork, type State } from './step'
import { prepared } from './targets'

/** What the loop says after a step. */
export interface Progress {
  /** Steps done, this one included. */
  readonly step: number
  readonly rate: number
  /** The loss of the batch before the step. */
  readonly loss: number
  readonly logits: Tensor<['B', 'K']>
  readonly labels: Tensor<['B']>
  /** Seconds in which it was waited for the batch, and nothing was computed. */
  readonly waited: number
  /** Brings the state after this step back from the engine. Throws DivergedError where it is not finite. */
  readonly state: () => Promise<State>
}

/** A training run: what it starts from and what it trains on. */
export interface Training<H> {
  readonly engine: Engine<H>
  readonly config: NetworkConfig
  readonly recipe: Recipe
  readonly state: State
  /** Whether what no logit depends on is computed all the same; it is not without it (decision D6). */
  readonly deadWork?: DeadWork
  /** Where the network is cut, if batches are of features of clips. */
  readonly cut?: Cut | undefined
  /** What makes the logits of another system than CSTransformer: `logitsBy(config)`, of `cstransformer/systems`. */
  readonly logits?: StepOptions['logits']
  /** What computes the insides of blocks again, where the recipe asks for it: that of `cstransformer/transforms`. */
  readonly rematerialised?: StepOptions['rematerialised']
  /** Steps already done, when going on from a checkpoint. */
  readonly from?: number
  /** Of what a recipe draws in a step: mixtures of clips, and branches that are left out. */
  readonly seed?: number
  /** The batch of a step; steps count from 0. It depends on the step alone, so that a run can be continued. */
  readonly batch: (step: number) => Batch | Promise<Batch>
}

/** A state before the first step. */
export const startState = strict(
  'startState',
  { recipe, parameters },
  (recipe: Recipe, parameters: Parameters): State => ({
    parameters,
    optimizer: optimizerOf(recipe).start(trainedOf(recipe, parameters)[0]),
  }),
)

/** Trains, and yields after every step; whoever iterates may stop at any of them. Parameters and optimizer state stay
 *  with the engine, and the next batch is made while a step runs, unless batches are of features, which the engine makes, too.
 *  Throws UserError that names the step: for a clip that is not finite or a label that is no class, before the step; a
 *  DivergedError for a loss or gradient that is not finite, with the parameter, after it. */
export const train = strict(
  'train',
  { training: recordOf({ engine, config, recipe, state, batch: func }) },
  async function* <H>({
    engine,
    config,
    recipe,
    state,
    deadWork,
    cut,
    logits = cut?.logits,
    rematerialised,
    from = 0,
    seed = 0,
    batch,
  }: Training<H>): AsyncGenerator<Progress, void> {
    if (from >= recipe.steps) return
    const schedule = scheduleOf(recipe)
    const now = (): number => performance.now() / 1000
    const begun = now()
    const first = await batch(from)
    const waitedFirst = now() - begun
    const [trained, frozen] = trainedOf(recipe, state.parameters)
    const like: State = { ...state, parameters: trained }
    const run = await compileStep(engine, config, recipe, state, prepared(recipe, config, seed, from, first), { deadWork, cut, logits, rematerialised }) // prettier-ignore
    let handles: readonly H[] = leaves(like).map(engine.upload)
    const download = async (from: readonly H[]): Promise<State> => {
      const { parameters, optimizer } = rebuild(like, await Promise.all(from.map(engine.download)))
      return { parameters: joined(parameters, frozen), optimizer }
    }
    try {
      let coming: ReturnType<typeof batch> | undefined
      for (let step = from; step < recipe.steps; step++) {
        const asked = now()
        const current = step === from ? first : await (coming ?? batch(step))
        const waited = now() - asked + (step === from ? waitedFirst : 0)
        checkBatch(current, config, step + 1)
        const rate = schedule(step)
        const given = prepared(recipe, config, seed, step, current)
        const running = run(handles, given, rate)
        // Begun while the step runs, unless the engine is to make it, too. Whoever waits for it hears of its failure, also where
        // the step fails first.
        coming = cut || step + 1 === recipe.steps ? undefined : batch(step + 1)
        if (coming instanceof Promise) coming.catch(() => undefined)
        const { state: kept, loss, logits: made, norm } = await running
        const good = Number.isFinite(loss) && Number.isFinite(norm)
        engine.release(good ? handles : kept)
        if (!good) {
          const { parameters } = await download(handles)
          const remaining = { ...recipe, logits, rematerialised }
          const parts = partsOf(given, recipe.parts)
          throw await divergence(engine, config, parameters, parts, { step: step + 1, loss, norm }, remaining)
        }
        handles = kept
        yield {
          step: step + 1,
          rate,
          loss,
          logits: made,
          labels: current.labels,
          waited,
          state: async () => checkState(await download(kept), step + 1),
        }
      }
    } finally {
      engine.release(handles)
      run.release()
    }
  },
)
