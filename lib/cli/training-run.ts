/** A run: it trains, measures and saves, and stops when it is asked to. */
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Engine } from '../engines'
import { type Batch, type Checkpoint, type State, topK, train } from '../training'
import { type Evaluation, evaluate } from './evaluation'
import { appendMetrics } from './metrics'
import type { Progress } from './progress'
import { FILES, saveCheckpoint } from './run-folder'

/** Steps between checkpoints, and between measurements on held-out clips. */
const EVERY = 50
/** Held-out clips that are enough for a point of the curve. */
const FEW = 256
/** Steps whose mean the progress shows. */
const RECENT = 20

export interface Run {
  readonly folder: string
  readonly engine: Engine
  /** Where it starts, or goes on. */
  readonly checkpoint: Checkpoint
  readonly batch: (step: number) => Batch
  /** As many held-out clips as asked for. */
  readonly heldOut: (clips: number) => Batch
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
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

/** Trains to the end, or until a stop is asked for. Every step adds a line to metrics.jsonl, and every fifty, like the
 *  last, save the checkpoint. Throws UserError where the folder cannot be written. */
export const trainRun = async (run: Run): Promise<Outcome> => {
  const { folder, engine, checkpoint, batch, heldOut, progress, stopAsked } = run
  const { config, recipe, step: from } = checkpoint
  const recent: { loss: number; accuracy: number; seconds: number }[] = []
  let [state, last, seconds] = [checkpoint.state, from, 0]
  let few: Batch | undefined
  let known: number | undefined
  let begun = performance.now()

  for await (const { step, loss, rate, logits, labels, state: download } of train({
    engine,
    batch,
    ...checkpoint,
    from,
  })) {
    const took = (performance.now() - begun) / 1000
    const accuracy = topK(logits, labels, 1)
    recent.push({ loss, accuracy, seconds: took })
    if (recent.length > RECENT) recent.shift()
    const [due, finished] = [step % EVERY === 0, step === recipe.steps]
    if (due && !finished) {
      few ??= heldOut(FEW)
      known = (await evaluate(engine, config, (await download()).parameters, few))?.accuracy
    }
    await turn() // signals are heard here: the reference engine leaves the thread no other moment
    const stopped = stopAsked()
    const measured = due && !finished && known !== undefined ? { heldOut: known, heldOutClips: FEW } : {}
    appendMetrics(join(folder, FILES.metrics), { step, loss, accuracy, rate, seconds: took, ...measured })
    if (due || finished || stopped) {
      state = await download()
      saveCheckpoint(folder, { ...checkpoint, step, state })
    }
    seconds += took
    last = step
    if (stopped) break
    const pace = mean(recent.map(r => r.seconds))
    progress.trained({
      step,
      loss: mean(recent.map(r => r.loss)),
      accuracy: mean(recent.map(r => r.accuracy)),
      clipsPerSecond: recipe.batch / pace,
      secondsLeft: pace * (recipe.steps - step),
      heldOut: known,
    })
    begun = performance.now()
  }
  return { step: last, state, seconds }
}

/** Measures a trained network on many held-out clips; nothing when a stop was asked for meanwhile. */
export const evaluateRun = (
  { engine, checkpoint, progress, stopAsked }: Run,
  state: State,
  clips: Batch,
): Promise<Evaluation | undefined> => {
  const of = clips.X.shape[0]!
  progress.evaluated(0, of)
  return evaluate(engine, checkpoint.config, state.parameters, clips, done => {
    if (stopAsked()) return true
    progress.evaluated(done, of)
    return false
  })
}
