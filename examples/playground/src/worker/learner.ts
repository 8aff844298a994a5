/** One network that learns: its training, and what it makes of held-out clips. */
import { flat, type Tensor } from '../../../../lib/tensor'
import { entries, leaves, trace } from '../../../../lib/trace'
import type { Engine } from '../../../../lib/engines/engine'
import { softmax } from '../../../../lib/primitives'
import type { Config, Parameters } from '../../../../lib/paper'
import { withoutDeadWork } from '../../../../lib/transforms'
import { topK } from '../../../../lib/training/accuracy'
import { type Progress, train } from '../../../../lib/training/loop'
import type { Recipe } from '../../../../lib/training/recipe'
import type { Batch, State } from '../../../../lib/training/step'
import type { Named, Seen } from '../protocol'
import { attending } from './attention'

export interface Learner {
  readonly step: () => Promise<Progress>
  /** What the network with these parameters makes of the held-out clips. */
  readonly look: (parameters: Parameters) => Promise<Seen>
  /** Gives back what the engine keeps. */
  readonly end: () => Promise<void>
}

const blockName = (path: string): string =>
  path.replace(/^(\w+)\.(\d+)\..*$/, (_, stage, i) => `${stage} ${Number(i) + 1}`)

/** The ratios of all blocks: α by the block they belong to, β by the block whose output they scale. */
const ratios = (parameters: Parameters): { readonly alphas: readonly Named[]; readonly betas: readonly Named[] } => {
  const alphas = entries(parameters).flatMap(([path, x]) =>
    path.endsWith('.alpha') ? [{ name: blockName(path), value: flat(x)[0]! }] : [],
  )
  // One aggregation counts the outputs of all blocks; one for each stage, those of its own.
  const blocks = [...parameters.STB.map((_, i) => `STB ${i + 1}`), ...parameters.TTB.map((_, i) => `TTB ${i + 1}`)]
  const betas = entries(parameters.FAM ?? {})
    .filter(([path]) => path.endsWith('.beta'))
    .map(([path, x], i) => ({ name: parameters.FAM?.network ? blocks[i]! : blockName(path), value: flat(x)[0]! }))
  return { alphas, betas }
}

export interface Lesson {
  readonly engine: Engine
  readonly config: Config
  readonly recipe: Recipe
  readonly state: State
  /** Steps already done. */
  readonly from: number
  readonly batch: (step: number) => Batch
  readonly heldOut: Batch
  /** So many of the held-out clips are looked at closely. */
  readonly shown: number
}

/** Puts a network on an engine. Nothing is computed yet. */
export const learner = async ({ heldOut, shown, ...lesson }: Lesson): Promise<Learner> => {
  const { engine, config, state } = lesson
  const steps = train(lesson)
  const X: Tensor = heldOut.X
  const { graph } = trace(withoutDeadWork(attending(config, shown)), state.parameters, X)
  const run = await engine.compile(graph)
  const clips = engine.upload(X)

  return {
    step: async () => {
      const { value, done } = await steps.next()
      if (done) throw new Error('training has an end, but should not')
      return value
    },
    look: async parameters => {
      const given = leaves(parameters).map(engine.upload)
      const made = await run([...given, clips])
      const [logits, ...maps] = await Promise.all(made.map(engine.download))
      engine.release([...given, ...made])
      const stages = [
        ...parameters.STB.map((_, i) => ['STB', i] as const),
        ...parameters.TTB.map((_, i) => ['TTB', i] as const),
      ]
      const K = config.classes
      return {
        accuracy: topK(logits!, heldOut.labels, 1),
        probabilities: Float32Array.from(flat(softmax(logits!)).subarray(0, shown * K)),
        blocks: stages.map(([stage, index], i) => ({ stage, index, map: Float32Array.from(flat(maps[i]!)) })),
        ...ratios(parameters),
      }
    },
    end: async () => {
      await steps.return()
      engine.release([clips])
    },
  }
}
