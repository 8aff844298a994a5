/** One network that learns: its training, and what it makes of held-out clips. */
import { flat, type Tensor } from '../../../../lib/tensor'
import { entries, leaves, trace } from '../../../../lib/trace'
import type { Engine } from '../../../../lib/engines/engine'
import { concat, slice, softmax } from '../../../../lib/primitives'
import type { Config, Parameters } from '../../../../lib/paper'
import { withoutDeadWork } from '../../../../lib/transforms'
import { ranking } from '../../../../lib/training/accuracy'
import { type Progress, train } from '../../../../lib/training/loop'
import type { Recipe } from '../../../../lib/training/recipe'
import type { Batch, State } from '../../../../lib/training/step'
import type { BlockAttention, Named, Seen } from '../protocol'
import { type Trial, untouched } from '../settings'
import { attending, matrices } from './attention'
import { reordered, tried } from './trial'

export interface Learner {
  readonly step: () => Promise<Progress>
  /** What the network with these parameters, changed as a trial says, makes of the shown and the held-out clips. */
  readonly look: (parameters: Parameters, trial: Trial) => Promise<Seen>
  /** Other clips to be shown, of the same number. */
  readonly show: (clips: Tensor) => void
  /** The whole attention of a block for one of the shown clips. */
  readonly matrix: (parameters: Parameters, trial: Trial, block: number, clip: number) => Promise<Tensor>
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
  /** Clips each of which is followed by its reverse. */
  readonly heldOut: Batch
  /** The clips that are looked at closely. */
  readonly shown: Tensor
}

/** Puts a network on an engine. Nothing is computed yet. */
export const learner = async ({ heldOut, ...lesson }: Lesson): Promise<Learner> => {
  const { engine, config, state } = lesson
  const steps = train(lesson)
  const K = config.classes
  const SHOWN = lesson.shown.shape[0]!
  let shown = lesson.shown
  const all = (trial: Trial): Tensor => reordered(concat(0, shown, heldOut.X as Tensor), trial)
  const { graph } = trace(withoutDeadWork(attending(config, SHOWN)), state.parameters, all(untouched))
  const run = await engine.compile(graph)
  const stages = [
    ...state.parameters.STB.map((_, i) => ['STB', i] as const),
    ...state.parameters.TTB.map((_, i) => ['TTB', i] as const),
  ]
  // The clips stay on the engine while they are the same.
  let clips = engine.upload(all(untouched))
  let kept = { shown, order: true }
  /** Compiled when somebody first looks at a matrix. */
  let whole: ReturnType<typeof engine.compile> | undefined
  const called = async (
    f: Awaited<ReturnType<typeof engine.compile>>,
    given: readonly Tensor[],
    more: readonly (typeof clips)[] = [],
  ): Promise<Tensor[]> => {
    const uploaded = given.map(engine.upload)
    const made = await f([...uploaded, ...more])
    const results = await Promise.all(made.map(engine.download))
    engine.release([...uploaded, ...made])
    return results
  }

  return {
    step: async () => {
      const { value, done } = await steps.next()
      if (done) throw new Error('training has an end, but should not')
      return value
    },
    look: async (learnt, trial) => {
      if (kept.shown !== shown || kept.order !== trial.order) {
        engine.release([clips])
        clips = engine.upload(all(trial))
        kept = { shown, order: trial.order }
      }
      const [logits, ...maps] = await called(run, leaves(tried(learnt, trial)), [clips])
      const heads = config.heads
      const label = flat(heldOut.labels)
      const right = ranking(logits!).slice(SHOWN).map(([best], i) => best === label[i]) // prettier-ignore
      const pairs = right.filter((_, i) => i % 2 === 0 && right[i] && right[i + 1])
      return {
        accuracy: right.filter(Boolean).length / right.length,
        pairs: pairs.length / (right.length / 2),
        probabilities: Float32Array.from(flat(softmax(logits!)).subarray(0, SHOWN * K)),
        blocks: stages.map(([stage, index], i): BlockAttention => ({ stage, index, heads, map: Float32Array.from(flat(maps[i]!)) })),
        ...ratios(learnt),
      } // prettier-ignore
    },
    show: others => {
      shown = others
    },
    matrix: async (learnt, trial, block, clip) => {
      const X = reordered(slice(shown, 0, clip, clip + 1), trial)
      whole ??= engine.compile(trace(withoutDeadWork(matrices(config)), learnt, X).graph)
      return (await called(await whole, [...leaves(tried(learnt, trial)), X]))[block]!
    },
    end: async () => {
      await steps.return()
      engine.release([clips])
    },
  }
}
