/** Batches made ahead of their steps, in a thread of its own: ONNX Runtime computes on the thread that asks. */
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { over, shown, UserError } from '../../tensor'
import type { Batch } from '../../training'
import { here } from '../here'
import type { Answer, BatchesOf } from './batches-worker'
import { packagedDigits, trainingBatch } from './clips'

/** Batches that may be made before they are asked for. */
const AHEAD = 2

export interface Batches {
  /** The batch of a step, the one that `trainingBatch` makes, to the bit. Steps are best asked for in order. */
  readonly batch: (step: number) => Promise<Batch>
  /** Kept when the thread has started. Until then, batches are made where they are asked for. */
  readonly ready: Promise<void>
  /** Ends the thread. What is asked for and not made yet fails. */
  readonly close: () => Promise<void>
}

/** The thread's file: compiled in the package, or as it is where ts-node runs the sources. */
const newWorker = (of: BatchesOf): Worker => {
  const extension = extname(__filename)
  const execArgv = extension === '.ts' ? ['-r', require.resolve('ts-node/register/transpile-only')] : []
  // ts-node would look for it where the program was started.
  const env = { ...process.env, TS_NODE_PROJECT: join(here, '../../tsconfig.json') }
  return new Worker(join(here, `run/batches-worker${extension}`), { workerData: of, execArgv, env })
}

interface Waiting {
  readonly promise: Promise<Batch>
  readonly resolve: (batch: Batch) => void
  readonly reject: (error: Error) => void
}
const waiting = (): Waiting => {
  let [resolve, reject]: [Waiting['resolve'], Waiting['reject']] = [() => undefined, () => undefined]
  const promise = new Promise<Batch>((done, fail) => ([resolve, reject] = [done, fail]))
  // Whoever waits for it hears of its failure; until then it is not one that nobody handles.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** Starts the thread.
 *  @param steps the number of the steps: none is made ahead beyond them */
export const openBatches = (of: BatchesOf, steps: number): Batches => {
  const worker = newWorker(of)
  const here = trainingBatch(of.config, of.batch, of.seed, packagedDigits())
  const begun = new Map<number, Waiting>()
  let [running, started] = [false, (): void => undefined]
  const ready = new Promise<void>(done => (started = done))
  let ended: Error | undefined
  const end = (error: Error): void => {
    ended ??= error
    for (const { reject } of begun.values()) reject(ended)
    begun.clear()
  }
  worker.on('message', (answer: Answer) => {
    if (answer === 'ready') {
      running = true
      return started()
    }
    const asked = begun.get(answer.step)
    if (!asked) return
    if ('reason' in answer) asked.reject(answer.mistake ? new UserError(answer.reason) : new Error(answer.reason))
    else asked.resolve({ X: over(answer.X, answer.shape), labels: over(answer.labels, [answer.labels.length]) })
  })
  worker.on('error', error => end(error instanceof Error ? error : new Error(shown(error))))
  worker.on('exit', code => end(new Error(`the thread that makes batches ended with code ${code}`)))
  const begin = (step: number): void => {
    if (begun.has(step) || step >= steps) return
    begun.set(step, waiting())
    worker.postMessage(step)
  }
  return {
    batch: async step => {
      if (ended) throw ended
      if (running) for (let next = step; next <= step + AHEAD; next++) begin(next)
      return begun.get(step)?.promise.finally(() => begun.delete(step)) ?? here(step)
    },
    ready,
    close: async () => {
      end(new Error('no batch is made any more: the thread that makes them was ended'))
      await worker.terminate()
    },
  }
}
