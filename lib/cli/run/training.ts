/** A run: it trains, measures and saves, and stops when it is asked to. */
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { meanOf } from '../../ablation/statistics'
import type { Engine } from '../../engines'
import type { Parameters } from '../../paper'
import { logitsBy } from '../../systems'
import {
  type Batch,
  type Checkpoint,
  type Cut,
  DivergedError,
  type State,
  topK,
  train,
  weightsOf,
} from '../../training'
import { rematerialised } from '../../transforms'
import type { Evaluation } from './evaluation'
import { appendMetrics, byClass, isFinal, readMetrics, sinceBest } from '../../training/metrics'
import type { Progress } from '../terminal/progress'
import { FILES, saveBest, saveCheckpoint } from './folder'

/** Steps whose mean the progress shows. */
const RECENT = 20

/** What is learned: batches, and a measure of what was learned. */
export interface Task {
  /** What it is, for people: `digits in motion`. */
  readonly title: string
  /** What it is measured with: `clips of digits it has never seen`. */
  readonly heldOut: string
  readonly classNames: readonly string[]
  readonly batch: (step: number) => Batch | Promise<Batch>
  /** Measures on few held-out clips, for a point of the curve, or on all of them. `onChunk` hears how many of how many are
   *  done, and may end it by returning true: then there is no result. */
  readonly measure: (
    parameters: Parameters,
    which: 'few' | 'all',
    onChunk: (done: number, of: number) => boolean,
  ) => Promise<Evaluation | undefined>
  /** Steps between checkpoints, and between measurements on few held-out clips. */
  readonly every: number
  /** Where the network is cut, if batches are of features of clips, and what is said of them. */
  readonly features?: { readonly cut: Cut; readonly text: string } | undefined
  /** Pictures of a result, by the name of their file. */
  readonly pictures: (result: Evaluation) => Readonly<Record<string, string>>
  /** What is to be said at the end besides. */
  readonly remarks: () => readonly string[]
  readonly close: () => Promise<void>
}

export interface Run {
  readonly folder: string
  readonly engine: Engine
  /** Where it starts, or goes on. */
  readonly checkpoint: Checkpoint
  readonly task: Task
  /** Whether what no logit depends on is computed all the same. */
  readonly deadWork: 'kept' | 'left out'
  readonly progress: Progress
  /** Whether to stop after the step in hand. */
  readonly stopAsked: () => boolean
}

export interface Outcome {
  /** Steps done. */
  readonly step: number
  readonly state: State
  /** Seconds that the steps of this session took. */
  readonly seconds: number
  /** Measurements without a better one, after which the recipe's patience was at its end. */
  readonly patience?: number
}

/** The accuracies that were measured on the way, before a step or so far. */
const measurements = (folder: string, before = Infinity): number[] =>
  readMetrics(join(folder, FILES.metrics)).flatMap(m =>
    isFinal(m) || m.heldOut === undefined || m.step >= before ? [] : [m.heldOut],
  )

/** Saves a checkpoint as the best one, where it is. */
export const keepBest = ({ folder, checkpoint }: Run, step: number, state: State, accuracy: number): void => {
  if (accuracy > Math.max(-1, ...measurements(folder, step))) saveBest(folder, { ...checkpoint, step, state })
}

/** Trains to the end, until a stop is asked for, or until the recipe's patience is at its end. Every step adds a line to metrics.jsonl; every few, like the last, save
 *  the checkpoint. Throws UserError where the folder cannot be written, and DivergedError, with the last finite checkpoint in
 *  its place, where a loss, a gradient or a parameter is not finite. */
export const trainRun = async (run: Run): Promise<Outcome> => {
  let saved = run.checkpoint.step
  try {
    return await trained(run, step => (saved = step))
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error
    throw new DivergedError(`${error.message}; ${join(run.folder, FILES.parameters)} is that of step ${saved}`)
  }
}

/** @param onSaved hears of every checkpoint's step */
const trained = async (run: Run, onSaved: (step: number) => void): Promise<Outcome> => {
  const { folder, engine, checkpoint, task, progress, stopAsked } = run
  const { recipe, step: from } = checkpoint
  const recent: { loss: number; accuracy: number; seconds: number }[] = []
  let [state, last, seconds] = [checkpoint.state, from, 0]
  let known: number | undefined
  let begun = performance.now()

  for await (const { step, loss, rate, logits, labels, waited, state: download } of train({
    engine,
    batch: task.batch,
    deadWork: run.deadWork,
    cut: task.features?.cut,
    logits: task.features?.cut.logits ?? logitsBy(checkpoint.config),
    rematerialised,
    ...checkpoint,
    from,
  })) {
    const took = (performance.now() - begun) / 1000
    const accuracy = topK(logits, labels, 1)
    recent.push({ loss, accuracy, seconds: took })
    if (recent.length > RECENT) recent.shift()
    const [due, finished] = [step % task.every === 0, step === recipe.steps]
    const measured =
      due && !finished ? await task.measure(weightsOf(await download()), 'few', () => stopAsked()) : undefined
    known = measured?.accuracy ?? known
    await turn() // signals are heard here: the reference engine leaves the thread no other moment
    const stopped = stopAsked()
    const stale = measured ? sinceBest([...measurements(folder), measured.accuracy]) : 0
    const ended = recipe.patience !== undefined && stale >= recipe.patience
    const saves = due || finished || stopped
    if (saves) state = await download()
    // Whenever this process is ended, the checkpoint that is there has its line and the best one before it; lines beyond it
    // are dropped, and a best one beyond it is made again, when the run goes on.
    const line = {
      ...{ step, loss, accuracy, rate, seconds: took, waitedSeconds: waited },
      ...{ clipsPerSecond: recipe.batch / took, memoryBytes: process.memoryUsage.rss() },
      ...(measured && heldOutOf(measured)),
    }
    appendMetrics(join(folder, FILES.metrics), line, saves)
    if (measured) keepBest(run, step, state, measured.accuracy)
    if (saves) {
      saveCheckpoint(folder, { ...checkpoint, step, state })
      onSaved(step)
    }
    seconds += took
    last = step
    if (stopped) break
    if (ended) return { step, state, seconds, patience: stale }
    const pace = meanOf(recent.map(r => r.seconds))
    progress.trained({
      step,
      loss: meanOf(recent.map(r => r.loss)),
      accuracy: meanOf(recent.map(r => r.accuracy)),
      clipsPerSecond: recipe.batch / pace,
      secondsLeft: pace * (recipe.steps - step),
      heldOut: known,
    })
    begun = performance.now()
  }
  return { step: last, state, seconds }
}

/** What metrics.jsonl says of a measurement. */
export const heldOutOf = ({ accuracy, clips, confusion }: Evaluation) => ({
  heldOut: accuracy,
  heldOutClips: clips,
  heldOutByClass: byClass(confusion),
})

/** Measures a trained network on all held-out clips; nothing when a stop was asked for meanwhile. */
export const evaluateRun = ({ task, progress, stopAsked }: Run, state: State): Promise<Evaluation | undefined> =>
  task.measure(weightsOf(state), 'all', (done, of) => {
    if (stopAsked()) return true
    progress.evaluated(done, of)
    return false
  })
