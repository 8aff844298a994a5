/** A thread that makes batches of digits in motion: it is sent steps, and sends back their clips, or why there are none. */
import { parentPort, workerData } from 'node:worker_threads'
import { flat, shown, UserError } from '../../tensor'
import type { NetworkConfig } from '../../systems'
import { packagedDigits, trainingBatch } from './clips'

/** What a thread makes batches of. */
export interface BatchesOf {
  readonly config: NetworkConfig
  /** Clips in a batch. */
  readonly batch: number
  readonly seed: number
}
export type Answer =
  | 'ready'
  | {
      readonly step: number
      readonly X: Float32Array
      readonly shape: readonly number[]
      readonly labels: Float32Array
    }
  | { readonly step: number; readonly reason: string; readonly mistake: boolean }

const { config, batch, seed } = workerData as BatchesOf
const batchOf = trainingBatch(config, batch, seed, packagedDigits())
const say = (answer: Answer, moved: readonly ArrayBuffer[] = []): void => parentPort!.postMessage(answer, [...moved])

parentPort!.on('message', (step: number) => {
  try {
    const made = batchOf(step)
    const [X, labels] = [made.X, made.labels].map(x => flat(x) as Float32Array<ArrayBuffer>) as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ]
    say({ step, X, shape: made.X.shape, labels }, [X.buffer, labels.buffer])
  } catch (error) {
    const mistake = error instanceof UserError
    say({ step, reason: error instanceof Error ? (mistake ? error.message : error.stack!) : shown(error), mistake })
  }
})
say('ready')
