/** A step on an engine, whole or in parts: the gradient of a batch is the mean of its parts' gradients, so that no more than a
 *  part's activations need be in memory. */
import { dtypeOf, flat, full, type Tensor } from '../tensor'
import type { Engine } from '../engines'
import type { Config, Parameters } from '../paper'
import { add, concatAll, scale, slice } from '../primitives'
import { leaves, mapTree, trace } from '../trace'
import { optimizerOf, type Recipe } from './recipe'
import { type Batch, type DeadWork, gradientOf, type State, trainingStep, updateBy } from './step'

/** What a step has made; the handles of its state are the engine's. */
export interface Stepped<H> {
  readonly state: readonly H[]
  readonly loss: number
  readonly logits: Tensor<['B', 'K']>
  readonly norm: number
}
/** A step, compiled: it releases what it makes but the new state, and nothing that it is given. */
export type CompiledStep<H> = (state: readonly H[], batch: Batch, rate: number) => Promise<Stepped<H>>

/** A batch in parts of as many clips each, in their order. What all clips of a step share, all parts have. */
export const partsOf = (batch: Batch, parts = 1): readonly Batch[] => {
  if (parts === 1) return [batch]
  const size = batch.X.shape[0]! / parts
  const { branches, ...perClip } = batch
  return Array.from({ length: parts }, (_, i) => ({
    ...mapTree(x => slice(x, 0, i * size, (i + 1) * size), perClip),
    ...(branches && { branches }),
  }))
}

/** (parameters, sum, part) → (sum + gradient / parts, loss, logits). */
export const partStep =
  (config: Config, parts: number, deadWork?: DeadWork) => (parameters: Parameters, sum: Parameters, part: Batch) => {
    const { value, gradient } = gradientOf(config, deadWork)(parameters, part)
    return { sum: mapTree((s, [g]) => add(s, scale(g!, 1 / parts)), sum, gradient), ...value }
  }

/** Compiles the step of a recipe: in one graph, or, where the recipe has parts, in one for the gradient of a part and one for
 *  the update by their mean.
 *  @param state a state of the right shapes, as is `batch` */
export const compileStep = async <H>(
  engine: Engine<H>,
  config: Config,
  recipe: Recipe,
  state: State,
  batch: Batch,
  deadWork?: DeadWork,
): Promise<CompiledStep<H>> => {
  const { clip, parts = 1 } = recipe
  const dtype = dtypeOf(batch.X)
  const rateLike = full(0, [], dtype) as Tensor<[]>
  const optimizer = optimizerOf(recipe)
  const number = async (handle: H | undefined): Promise<number> => flat(await engine.download(handle!))[0]!
  const count = leaves(state).length

  if (parts === 1) {
    const { graph } = trace(trainingStep(config, optimizer, clip, deadWork), state, batch, rateLike)
    const run = await engine.compile(graph)
    return async (handles, whole, rate) => {
      const given = [...leaves(whole), full(rate, [], dtype)].map(engine.upload)
      const made = await run([...handles, ...given])
      const [loss, logits, norm] = made.slice(count)
      const results = { loss: await number(loss), logits: (await engine.download(logits!)) as Stepped<H>['logits'], norm: await number(norm) } // prettier-ignore
      engine.release([...given, ...made.slice(count)])
      return { state: made.slice(0, count), ...results }
    }
  }

  const { parameters } = state
  const [first] = partsOf(batch, parts)
  const gradient = await engine.compile(trace(partStep(config, parts, deadWork), parameters, parameters, first!).graph)
  const update = await engine.compile(trace(updateBy(optimizer, clip), state, parameters, rateLike).graph)
  const width = leaves(parameters).length
  return async (handles, whole, rate) => {
    let sum = leaves(parameters).map(x => engine.upload(full(0, x.shape, dtype)))
    let loss = 0
    const logits: Tensor[] = []
    for (const part of partsOf(whole, parts)) {
      const given = leaves(part).map(engine.upload)
      const made = await gradient([...handles.slice(0, width), ...sum, ...given])
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
}
