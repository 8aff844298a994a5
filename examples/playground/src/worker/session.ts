/** A run: the baseline and the network of the settings, trained side by side on the same batches. */
import { flat, over } from '../../../../lib/tensor'
import { leaves } from '../../../../lib/trace'
import { baseline, type Config, initialParameters } from '../../../../lib/paper'
import { startState } from '../../../../lib/training/loop'
import { digitsRecipe, type Recipe } from '../../../../lib/training/recipe'
import type { Batch, State } from '../../../../lib/training/step'
import type { Digits, DigitSplits } from '../../../../lib/video/digits'
import { classNames, clip, digitsInMotion, HELD_OUT_SEED, twin } from '../../../../lib/video/digits-in-motion'
import { type Both, networks, type NetworkName, type Report, type ShownClips, type Wanted } from '../protocol'
import { configOf, type EngineName, HARD, HELD_OUT_PAIRS, type Settings, SHOWN, type Trial, trialOf } from '../settings'
import { nextOf, open, type Opened } from './engines'
import { type Learner, learner } from './learner'
import { liveShapes } from './shapes'

/** The recipe of `npm start` with a rate that stays, since nobody says how long one watches. */
const recipe: Recipe = {
  ...digitsRecipe,
  schedule: { kind: 'steps', drops: [], factor: 1, stepsPerEpoch: Number.MAX_SAFE_INTEGER },
  // Until somebody stops it.
  steps: Number.MAX_SAFE_INTEGER,
}

/** Pairs of clips, each followed by its reverse: the same frames the other way round, and another class. */
const pairs = (count: number, first: number, digits: Digits, { frames, width: size }: Config, hard: boolean): Batch => {
  const made = Array.from({ length: 2 * count }, (_, i) => {
    const index = first + Math.floor(i / 2)
    const label = index % (classNames.length / 2)
    const options = { digits, frames, size, ...(hard ? HARD : {}) }
    return clip(HELD_OUT_SEED, index, { ...options, label: i % 2 === 0 ? label : twin(label) })
  })
  const pixels = new Float32Array(2 * count * frames * size * size)
  made.forEach((c, i) => pixels.set(c.pixels, i * frames * size * size))
  return { X: over(pixels, [2 * count, 1, frames, size, size]), labels: over(Float32Array.from(made, c => c.label), [2 * count]) } // prettier-ignore
}

const both = <T>(make: (name: NetworkName) => T): Both<T> => ({ baseline: make('baseline'), ours: make('ours') })
const bothAsync = async <T>(make: (name: NetworkName) => Promise<T>): Promise<Both<T>> => {
  const first = await make('baseline')
  return { baseline: first, ours: await make('ours') }
}

/** The batch of a step, made once for both networks. */
const batches = (
  { frames, width }: Config,
  { seed, hard }: Settings,
  { train }: DigitSplits,
): ((step: number) => Batch) => {
  const kept = new Map<number, Batch>()
  return step => {
    const batch =
      kept.get(step) ??
      digitsInMotion(seed, { clips: recipe.batch, first: step * recipe.batch, digits: train, frames, size: width, ...(hard ? HARD : {}) }) // prettier-ignore
    kept.set(step, batch)
    kept.delete(step - 2)
    return batch
  }
}

/** What a run can go on from. */
interface Saved {
  readonly step: number
  readonly states: Both<State>
}
/** An engine with both networks on it. */
interface Classroom {
  readonly opened: Opened
  readonly learners: Both<Learner>
}

export interface Session {
  /** One step of both networks, and a look at them where `look` says so; how many milliseconds the look took, 0 for none.
   *  A step is not in it: the first one compiles, which no later one does. */
  readonly step: (look: (step: number) => boolean) => Promise<number>
  /** Looks at the networks as they are; how many milliseconds it took. */
  readonly look: () => Promise<number>
  readonly attempt: (trial: Trial) => void
  /** The matrix that is shown with every look. */
  readonly want: (wanted: Wanted | undefined) => void
  /** Shows clips of a digit that somebody drew. */
  readonly draw: (image: Uint8Array) => void
  readonly end: () => Promise<void>
}

type Message = Report extends infer R ? (R extends Report ? Omit<R, 'run'> : never) : never

/** Starts a run, and reports what it is and how the networks begin.
 *  @param report called with all that happens; it adds the number of the run */
export const startSession = async (
  settings: Settings,
  digits: DigitSplits,
  report: (message: Message) => void,
): Promise<Session> => {
  const config = configOf(settings)
  const configs: Both<Config> = { baseline: baseline(config), ours: config }
  const batch = batches(config, settings, digits)
  const heldOut = pairs(HELD_OUT_PAIRS, SHOWN / 2, digits.test, config, settings.hard)
  let shown = pairs(SHOWN / 2, 0, digits.test, config, settings.hard)
  const shownClips = ({ X, labels }: Batch): ShownClips => ({
    frames: config.frames,
    size: config.width,
    pixels: Float32Array.from(flat(X)),
    labels: [...flat(labels)],
  })
  let trial = trialOf(settings)
  let wanted: Wanted | undefined

  let saved: Saved = {
    step: 0,
    states: both(name => startState(recipe, initialParameters(configs[name], settings.seed, { sigma: recipe.sigma }))),
  }
  report({
    type: 'ready',
    classNames,
    heldOut: 2 * HELD_OUT_PAIRS,
    clips: shownClips(shown),
    parameters: both(name => leaves(saved.states[name].parameters).reduce((sum, x) => sum + x.size, 0)),
    shapes: liveShapes(config, recipe.batch),
  })

  const look = async ({ learners }: Classroom): Promise<void> => {
    const { step, states } = saved
    report({ type: 'seen', step, seen: await bothAsync(name => learners[name].look(states[name].parameters, trial)) })
    if (!wanted) return
    const { network, block, clip } = wanted
    const found = await learners[network].matrix(states[network].parameters, trial, block, clip)
    const [side, heads] = [found.shape.at(-1)!, config.heads]
    report({ type: 'matrix', matrix: { ...wanted, step, heads, side, map: Float32Array.from(flat(found)) } })
  }
  /** Both networks on an engine, from the last state that was saved; on the next engine where this one fails. */
  const enter = async (name: EngineName): Promise<Classroom> => {
    const opened = await open(name)
    const { mode, engine, notes } = opened
    report({ type: 'engine', mode, description: engine.description, notes })
    try {
      const { step: from, states } = saved
      const learners = await bothAsync(n =>
        learner({ engine, config: configs[n], recipe, state: states[n], from, batch, heldOut, shown: shown.X }),
      )
      await look({ opened, learners })
      return { opened, learners }
    } catch (error) {
      return leave(opened, error)
    }
  }
  /** What a device did not survive is done again by the next engine. */
  const leave = async ({ mode, engine }: Opened, error: unknown): Promise<Classroom> => {
    const next = nextOf(mode)
    if (!next) throw error
    await engine.close().catch(() => undefined)
    const [line = ''] = (error as Error).message.split('\n')
    const what = line.includes('device was lost') ? 'The GPU device was lost' : `${mode} stopped (${line})`
    report({ type: 'said', step: saved.step, text: `${what}. Training goes on with ${next} from step ${saved.step}.` })
    return enter(next)
  }

  let room = await enter(settings.engine)
  return {
    step: async due => {
      try {
        const started = performance.now()
        const made = await bothAsync(name => room.learners[name].step())
        const { step } = made.ours
        const rate = 1000 / (performance.now() - started)
        report({ type: 'stepped', step, rate, loss: both(name => made[name].loss) })
        if (!due(step)) return 0
        const from = performance.now()
        saved = { step, states: await bothAsync(name => made[name].state()) }
        await look(room)
        return performance.now() - from
      } catch (error) {
        room = await leave(room.opened, error)
        return 0
      }
    },
    look: async () => {
      const from = performance.now()
      try {
        await look(room)
      } catch (error) {
        room = await leave(room.opened, error)
      }
      return performance.now() - from
    },
    attempt: next => {
      trial = next
    },
    want: next => {
      wanted = next
    },
    draw: image => {
      shown = pairs(SHOWN / 2, 0, { images: [image], labels: Uint8Array.of(0) }, config, settings.hard)
      for (const name of networks) room.learners[name].show(shown.X)
      report({ type: 'clips', clips: shownClips(shown) })
    },
    end: async () => {
      for (const name of networks) await room.learners[name].end()
      await room.opened.engine.close()
    },
  }
}
