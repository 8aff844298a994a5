/** A thread that makes clips: it is sent requests, and sends back clips, or why there is none. */
import { parentPort } from 'node:worker_threads'
import { UserError } from '../tensor'
import { type ClipData, type ClipRequest, isProblemOf, readClip } from './clip'

export type Job = Readonly<{ id: number; request: ClipRequest }>

/** What became of a job: a clip, a problem of the video, a mistake of the user's, or a defect of ours. */
export type Answer = Readonly<{ id: number }> &
  (ClipData | Readonly<{ kind: 'problem' | 'mistake' | 'defect'; reason: string }>)

const answer = async ({ id, request }: Job): Promise<void> => {
  try {
    const clip = await readClip(request)
    parentPort?.postMessage({ id, ...clip } satisfies Answer, [clip.data.buffer as ArrayBuffer])
  } catch (error) {
    const kind = isProblemOf(request, error) ? 'problem' : error instanceof UserError ? 'mistake' : 'defect'
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    parentPort?.postMessage({ id, kind, reason: kind === 'defect' ? (stack ?? message) : message } satisfies Answer)
  }
}

// One clip after the other: what is held is bounded by one clip in each thread. The thread ends when it is told to and has
// done with the clip it is at.
let queue = Promise.resolve()
let ending = false
parentPort?.on('message', (job: Job | 'end') => {
  if (job === 'end') {
    ending = true
    parentPort?.close()
  } else queue = queue.then(() => (ending ? undefined : answer(job)))
})
