/** What a training step takes in memory, counted from shapes: no array is made. */
import { func, optional, record, recordOf, strict } from '../tensor/given'
import { config, recipe } from './kinds'
import { full, sizeOf, type Tensor } from '../tensor'
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import { abstractNetwork, logitsBy, type NetworkConfig } from '../systems/network'
import { abstract, entries, leaves, mapTree } from '../trace'
import { BYTES, rematerialised } from '../transforms'
import type { Cut } from './cut'
import { branchBlocks } from './drop-path'
import { trainedOf } from './freeze'
import { stepGraphs, type StepOptions } from './parts'
import { optimizerOf, type Recipe } from './recipe'
import type { Batch, State } from './step'

/** Bytes of a training step by what they are for. */
export interface StepMemory {
  /** Of the parameters, trained and frozen. */
  readonly parameters: number
  /** Of what the optimizer keeps of the steps before. */
  readonly optimizer: number
  /** Of what is there twice: the state before a step beside the one that it makes, the one that the run began with, and the sums
   *  of gradients, where the step is done in parts. */
  readonly twice: number
  /** Of clips, those of the next step among them. */
  readonly clips: number
  /** Of values at the moment at which they are most: activations, gradients, and the new state. */
  readonly activations: number
  /** Of compiled graphs: nodes, kernels, constants. */
  readonly program: number
  /** The most that they come to at one time. */
  readonly total: number
  /** The most that is in the engine's block of memory, where it has one. */
  readonly inBlock: number
}

/** What an optimizer keeps, as shapes: it is started on numbers, so that nothing of the parameters' size is made. */
const optimizerShapes = (recipe: Recipe, parameters: Parameters): unknown => {
  const shapes = new Map(entries(parameters).map(([path, x]) => [path, x.shape]))
  const numbers = mapTree(() => full(0, []), parameters)
  return mapTree((x, _, path) => {
    const names = path.split('.')
    const of = names.map((_, i) => shapes.get(names.slice(i).join('.'))).find(shape => shape !== undefined)
    return abstract(of ?? x.shape)
  }, optimizerOf(recipe).start(numbers))
}

/** A state and a batch of a recipe, as shapes. */
const shapesOf = (
  config: NetworkConfig,
  recipe: Recipe,
  cut?: Cut,
): { readonly state: State; readonly batch: Batch } => {
  const { channels, frames, height, width, classes } = config
  const { batch: B, smoothing = 0, mixup = 0, classWeights, dropPath = 0 } = recipe
  const parameters = abstractNetwork(config)
  const targets = smoothing > 0 || mixup > 0 || classWeights !== undefined
  return {
    state: { parameters, optimizer: optimizerShapes(recipe, trainedOf(recipe, parameters)[0]) },
    batch: {
      X: abstract(cut ? [B, cut.numbers] : [B, channels, frames, height, width]) as Batch['X'],
      labels: abstract([B]) as Batch['labels'],
      ...(targets && { targets: abstract([B, classes]) as Tensor<['B', 'K']> }),
      ...(dropPath > 0 && { branches: abstract([2 * branchBlocks(config)]) }),
    },
  }
}

const bytesOf = (tree: unknown): number => leaves(tree).reduce((sum, x) => sum + sizeOf(x.shape), 0) * BYTES.float32

/** Counts the memory of a recipe's step in float32, beside what the process holds already. */
export const stepMemory = strict(
  'stepMemory',
  { engine: recordOf({ memory: func }), config, recipe, options: optional(record) },
  (
    engine: Pick<Engine, 'memory' | 'holds' | 'attention'>,
    config: NetworkConfig,
    recipe: Recipe,
    options: StepOptions = {},
  ): StepMemory => {
    const { state, batch } = shapesOf(config, recipe, options.cut)
    const [trained, frozen] = trainedOf(recipe, state.parameters)
    const graphs = stepGraphs(config, recipe, state, batch, {
      attention: engine.attention,
      logits: options.cut?.logits ?? logitsBy(config),
      rematerialised,
      ...options,
    })
    const [width, kept, still] = [trained, { ...state, parameters: trained }, frozen].map(bytesOf) as [
      number,
      number,
      number,
    ]
    const [optimizer, clips] = [kept - width, bytesOf(batch)]
    const part = clips / (recipe.parts ?? 1)
    // What lies beside the values of each graph: the state it reads, and the sums of gradients.
    const phases =
      'whole' in graphs
        ? [{ ...engine.memory(graphs.whole), sums: 0, given: clips }]
        : [
            { ...engine.memory(graphs.gradient), sums: width, given: part },
            { ...engine.memory(graphs.update), sums: width, given: 0 },
          ]
    const program = phases.reduce((sum, p) => sum + p.program, 0)
    const inEngine = (p: (typeof phases)[number]): number => still + kept + p.sums + p.values
    const most = phases.reduce((a, b) => (inEngine(b) > inEngine(a) ? b : a))
    const inBlock = Math.max(...phases.map(p => inEngine(p) + p.given))
    // Arrays that nothing reads any more are collected some time later: a state, and a sum.
    const twice = 2 * kept + 2 * most.sums
    return {
      ...{ parameters: width + still, optimizer, twice, clips: 2 * clips, activations: most.values, program },
      total: width + still + optimizer + twice + 2 * clips + most.values + program,
      inBlock,
    }
  },
)
