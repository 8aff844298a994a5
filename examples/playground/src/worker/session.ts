/** A run: the baseline and the network of the settings, trained side by side on the same batches. */
import { flat, sizeOf } from '../../../../lib/tensor'
import { leaves } from '../../../../lib/trace'
import { baseline, type Config, initialParameters } from '../../../../lib/paper'
import { startState } from '../../../../lib/training/loop'
import { digitsRecipe, type Recipe } from '../../../../lib/training/recipe'
import type { Batch, State } from '../../../../lib/training/step'
import type { DigitSplits } from '../../../../lib/video/digits'
import { classNames, digitsInMotion } from '../../../../lib/video/digits-in-motion'
import { type Both, networks, type NetworkName, type Report } from '../protocol'
import { configOf, type EngineName, type Settings, SHOWN } from '../settings'
import { nextOf, open, type Opened } from './engines'
import { type Learner, learner } from './learner'
import { liveShapes } from './shapes'

/** The recipe of `npm start` with a rate that stays, since nobody says how long one watches. */
const recipe: Recipe = {
  ...digitsRecipe,
  schedule: { kind: 'steps', drops: [], factor: 1, stepsPerEpoch: Number.MAX_SAFE_INTEGER },
  steps: Infinity,
}
const HELD_OUT_CLIPS = 128
/** The clips that every run is tested with are the same. */
const HELD_OUT_SEED = 20230

const both = <T>(make: (name: NetworkName) => T): Both<T> => ({ baseline: make('baseline'), ours: make('ours') })
const bothAsync = async <T>(make: (name: NetworkName) => Promise<T>): Promise<Both<T>> => {
  const first = await make('baseline')
  return { baseline: first, ours: await make('ours') }
}

/** The batch of a step, made once for both networks. */
const batches = ({ frames, width }: Config, seed: number, { train }: DigitSplits): ((step: number) => Batch) => {
  const kept = new Map<number, Batch>()
  return step => {
    const batch =
      kept.get(step) ??
      digitsInMotion(seed, { clips: recipe.batch, first: step * recipe.batch, digits: train, frames, size: width })
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
  const { frames, width: size } = config
  const batch = batches(config, settings.seed, digits)
  const heldOut = digitsInMotion(HELD_OUT_SEED, { clips: HELD_OUT_CLIPS, digits: digits.test, frames, size })

  let saved: Saved = {
    step: 0,
    states: both(name => startState(recipe, initialParameters(configs[name], settings.seed, { sigma: recipe.sigma }))),
  }
  report({
    type: 'ready',
    classNames,
    heldOut: HELD_OUT_CLIPS,
    clips: {
      frames,
      size,
      pixels: Float32Array.from(flat(heldOut.X).subarray(0, SHOWN * sizeOf(heldOut.X.shape.slice(1)))),
      labels: [...flat(heldOut.labels).subarray(0, SHOWN)],
    },
    parameters: both(name => leaves(saved.states[name].parameters).reduce((sum, x) => sum + x.size, 0)),
    shapes: liveShapes(config, recipe.batch),
  })

  const look = async ({ learners }: Classroom): Promise<void> => {
    const { step, states } = saved
    report({ type: 'seen', step, seen: await bothAsync(name => learners[name].look(states[name].parameters)) })
  }
  /** Both networks on an engine, from the last state that was saved; on the next engine where this one fails. */
  const enter = async (name: EngineName): Promise<Classroom> => {
    const opened = await open(name)
    const { mode, engine, notes } = opened
    report({ type: 'engine', mode, description: engine.description, notes })
    try {
      const { step: from, states } = saved
      const learners = await bothAsync(n =>
        learner({ engine, config: configs[n], recipe, state: states[n], from, batch, heldOut, shown: SHOWN }),
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
    end: async () => {
      for (const name of networks) await room.learners[name].end()
      await room.opened.engine.close()
    },
  }
}
