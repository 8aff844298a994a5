/** A step on an engine, whole or in parts: the gradient of a batch is the mean of its parts' gradients, so that no more than a
 *  part's activations need be in memory. */
import { count, optional, record, strict } from '../tensor/given'
import { batch, config, engine, recipe, state } from './kinds'
import { dtypeOf, flat, full, type Tensor, must, UserError } from '../tensor'
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { add, concatAll, scale, slice } from '../primitives'
import { abstract, type Graph, leaves, mapTree, trace } from '../trace'
import type { Attention, rematerialised } from '../transforms'
import type { Cut } from './cut'
import { trainedOf } from './freeze'
import { optimizerOf, type Recipe } from './recipe'
import {
  type Batch,
  type Computing,
  type DeadWork,
  gradientOf,
  type Logits,
  type State,
  trainingStep,
  updateBy,
} from './step'

/** What a step has made; the handles of its state are the engine's. */
export interface Stepped<H> {
  readonly state: readonly H[]
  readonly loss: number
  readonly logits: Tensor<['B', 'K']>
  readonly norm: number
}
/** A step, compiled: it releases what it makes but the new state, and nothing that it is given. The state is that of what is
 *  trained. */
export interface CompiledStep<H> {
  (state: readonly H[], batch: Batch, rate: number): Promise<Stepped<H>>
  /** Gives the memory of the frozen parameters back. */
  readonly release: () => void
}

/** How a step is computed. */
export interface StepOptions {
  readonly deadWork?: DeadWork | undefined
  /** That of the engine where left out. */
  readonly attention?: Attention | undefined
  /** Where the network is cut, if the batches are of features of clips. */
  readonly cut?: Cut | undefined
  /** What makes the logits of another system than CSTransformer (`logitsBy`). */
  readonly logits?: Logits | undefined
  /** What computes the insides of blocks again, where the recipe asks for it; a page whose recipes do not need not hold it. */
  readonly rematerialised?: Again | undefined
}
type Again = typeof rematerialised

/** What a recipe does to the function of a step. Throws UserError where it needs `rematerialised` and has none. */
export const againBy = ({ rematerialise = false }: Pick<Recipe, 'rematerialise'>, again: Again | undefined): Again => {
  if (!rematerialise) return f => f
  if (again) return again
  throw new UserError(
    "rematerialised must be given with a recipe that has rematerialise, got none: import { rematerialised } from 'cstransformer/transforms', and train({ …, rematerialised })",
  )
}

/** A batch in parts of as many clips each, in their order. What all clips of a step share, all parts have. */
export const partsOf = strict(
  'partsOf',
  { batch, parts: optional(count) },
  (batch: Batch, parts = 1): readonly Batch[] => {
    const clips = batch.X.shape[0]!
    must('partsOf: parts', `a divisor of the batch (${clips})`, parts, clips % parts === 0)
    if (parts === 1) return [batch]
    const size = clips / parts
    const { branches, ...perClip } = batch
    return Array.from({ length: parts }, (_, i) => ({
      ...mapTree(x => slice(x, 0, i * size, (i + 1) * size), perClip),
      ...(branches && { branches }),
    }))
  },
)

/** (parameters, sum, part) → (sum + gradient / parts, loss, logits), of the parameters that are trained. */
const partStep =
  (config: NetworkConfig, parts: number, computing: Computing) =>
  (parameters: Parameters, sum: Parameters, part: Batch, frozen?: Parameters) => {
    const { value, gradient } = gradientOf(config, computing)(parameters, part, frozen)
    return { sum: mapTree((s, [g]) => add(s, scale(g!, 1 / parts)), sum, gradient), ...value }
  }

/** The graphs of a step: one, or, where the recipe has parts, one for the gradient of a part and one for the update by their
 *  mean. Nothing is computed, and abstract tensors will do. */
export type StepGraphs = { readonly whole: Graph } | { readonly gradient: Graph; readonly update: Graph }

/** A state of what is trained, and the parameters that stay as they are: what a step is traced for, and given. */
const inputsOf = (recipe: Recipe, state: State, cut: Cut | undefined) => {
  const [parameters, others] = trainedOf(recipe, state.parameters)
  return { trained: { ...state, parameters }, frozen: cut ? cut.read.logits(others) : others }
}

/** Traces the step of a recipe.
 *  @param state a state of the right shapes, as is `batch` */
export const stepGraphs = (
  config: NetworkConfig,
  recipe: Recipe,
  state: State,
  batch: Batch,
  { deadWork, attention, cut, logits = cut?.logits, rematerialised }: StepOptions = {},
): StepGraphs => {
  const computing = { deadWork, attention, logits }
  const { clip, parts = 1 } = recipe
  const again = againBy(recipe, rematerialised)
  const rate = abstract([], dtypeOf(batch.X))
  const optimizer = optimizerOf(recipe)
  const { trained, frozen } = inputsOf(recipe, state, cut)
  const { parameters } = trained
  if (parts === 1) {
    const step = trainingStep(config, optimizer, clip, computing)
    return { whole: trace(again(step), trained, batch, rate, frozen).graph }
  }
  const part = partsOf(batch, parts)[0]!
  return {
    gradient: trace(again(partStep(config, parts, computing)), parameters, parameters, part, frozen).graph,
    update: trace(updateBy(optimizer, clip), trained, parameters, rate).graph,
  }
}

/** Compiles the step of a recipe, in one graph or in two (`stepGraphs`).
 *  @param state a state of the right shapes, as is `batch` */
export const compileStep = strict(
  'compileStep',
  { engine, config, recipe, state, batch, options: optional(record) },
  async <H>(
    engine: Engine<H>,
    config: NetworkConfig,
    recipe: Recipe,
    state: State,
    batch: Batch,
    options: StepOptions = {},
  ): Promise<CompiledStep<H>> => {
    const { parts = 1 } = recipe
    const dtype = dtypeOf(batch.X)
    const graphs = stepGraphs(config, recipe, state, batch, { attention: engine.attention, ...options })
    const number = async (handle: H | undefined): Promise<number> => flat(await engine.download(handle!))[0]!
    const { trained, frozen } = inputsOf(recipe, state, options.cut)
    const { parameters } = trained
    const count = leaves(trained).length
    const held: readonly H[] = leaves(frozen).map(engine.upload)
    const release = (): void => engine.release(held)

    if ('whole' in graphs) {
      const run = await engine.compile(graphs.whole)
      const step = async (handles: readonly H[], whole: Batch, rate: number): Promise<Stepped<H>> => {
        const given = [...leaves(whole), full(rate, [], dtype)].map(engine.upload)
        const made = await run([...handles, ...given, ...held])
        const [loss, logits, norm] = made.slice(count)
        const results = { loss: await number(loss), logits: (await engine.download(logits!)) as Stepped<H>['logits'], norm: await number(norm) } // prettier-ignore
        engine.release([...given, ...made.slice(count)])
        return { state: made.slice(0, count), ...results }
      }
      return Object.assign(step, { release })
    }

    const gradient = await engine.compile(graphs.gradient)
    const update = await engine.compile(graphs.update)
    const width = leaves(parameters).length
    const step = async (handles: readonly H[], whole: Batch, rate: number): Promise<Stepped<H>> => {
      let sum = leaves(parameters).map(x => engine.upload(full(0, x.shape, dtype)))
      let loss = 0
      const logits: Tensor[] = []
      for (const part of partsOf(whole, parts)) {
        const given = leaves(part).map(engine.upload)
        const made = await gradient([...handles.slice(0, width), ...sum, ...given, ...held])
        const [partLoss, partLogits] = made.slice(width)
        loss += (await number(partLoss)) / parts
        logits.push(await engine.download(partLogits!))
        engine.release([...sum, ...given, ...made.slice(width)])
        sum = made.slice(0, width)
      }
      const given = engine.upload(full(rate, [], dtype))
      const made = await update([...handles, ...sum, given])
      const norm = await number(made[count])
      engine.release([...sum, given, ...made.slice(count)])
      return { state: made.slice(0, count), loss, logits: concatAll(0, logits) as Stepped<H>['logits'], norm }
    }
    return Object.assign(step, { release })
  },
)
