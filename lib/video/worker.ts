/** A thread that makes clips: it is sent requests, and sends back clips, or why there is none. */
import { parentPort } from 'node:worker_threads'
import { UserError } from '../tensor'
import { type ClipData, type ClipRequest, readClip } from './clip'

export type Job = Readonly<{ id: number; request: ClipRequest }>

/** What became of a job. `user` tells a video that cannot be read from a defect of ours. */
export type Answer = Readonly<{ id: number }> & (ClipData | Readonly<{ reason: string; user: boolean }>)

const answer = async ({ id, request }: Job): Promise<void> => {
  try {
    const clip = await readClip(request)
    parentPort?.postMessage({ id, ...clip } satisfies Answer, [clip.data.buffer as ArrayBuffer])
  } catch (error) {
    const user = error instanceof UserError
    const reason = error instanceof Error ? (user ? error.message : (error.stack ?? error.message)) : String(error)
    parentPort?.postMessage({ id, reason, user } satisfies Answer)
  }
}

// One clip after the other: what is held is bounded by one clip in each thread.
let queue = Promise.resolve()
parentPort?.on('message', (job: Job) => {
  queue = queue.then(() => answer(job))
})
