/** Clips made ahead of their use, in threads of their own. */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { UserError } from '../tensor'
import { type ClipData, type ClipRequest, isProblemOf, readClip } from './clip'
import type { Answer, Job } from './worker'

/** A clip, or why there is none: its video is missing or broken. */
export type ClipResult = Readonly<{ request: ClipRequest }> &
  (Readonly<{ clip: ClipData }> | Readonly<{ problem: string }>)

/** How clips are read ahead. */
export type ReaderOptions = Readonly<{
  /** Threads; with 0 clips are made where they are asked for. One less than there are cores unless it is said. */
  workers?: number
  /** How many clips may be on their way or wait to be taken; two for each thread unless it is said. */
  ahead?: number
}>

/** Reads clips of videos, ahead of those who take them. */
export interface ClipReader {
  /**
   * The clips of requests, in the order of the requests, whichever thread is faster. A video that cannot be read gives a
   * problem in its place and ends nothing. Requests are taken from their iterator no earlier than they are worked on.
   *
   * @throws UserError for what no video is to blame for: numbers of a request out of range, or missing packages
   */
  readonly read: (requests: Iterable<ClipRequest>) => AsyncGenerator<ClipResult, void, undefined>
  /** Ends the threads, each when it has done with the clip it is at. */
  readonly close: () => Promise<void>
}

/**
 * Starts threads that make clips. Close the reader after use.
 *
 * @throws UserError when a number is out of range
 */
export const openClipReader = (options: ReaderOptions = {}): ClipReader => {
  const { workers = Math.max(availableParallelism() - 1, 1), ahead = Math.max(2 * workers, 1) } = options
  for (const [name, value, least] of [
    ['workers', workers, 0],
    ['ahead', ahead, 1],
  ] as const)
    // prettier-ignore
    if (!Number.isInteger(value) || value < least)
      throw new UserError(`${name}: expected a whole number of at least ${least}, found ${value}`)
  const threads = Array.from({ length: workers }, startThread)
  const make = (request: ClipRequest): Promise<ClipResult> => {
    const [first, ...others] = threads
    if (first === undefined) return here(request)
    return others.reduce((best, thread) => (thread.load() < best.load() ? thread : best), first).make(request)
  }
  return {
    read: requests => inOrder(requests, make, ahead),
    close: async () => void (await Promise.all(threads.map(thread => thread.close()))),
  }
}

/** Results in the order of the requests, with no more than `ahead` of them begun and not yet taken. */
const inOrder = async function* (
  requests: Iterable<ClipRequest>,
  make: (request: ClipRequest) => Promise<ClipResult>,
  ahead: number,
): AsyncGenerator<ClipResult, void, undefined> {
  const begun: Promise<ClipResult>[] = []
  for (const request of requests) {
    const result = make(request)
    // Whoever waits for it hears of its failure; until then it is not one that nobody handles.
    result.catch(() => undefined)
    begun.push(result)
    if (begun.length >= ahead) yield await begun.shift()!
  }
  for (const result of begun) yield await result
}

const here = async (request: ClipRequest): Promise<ClipResult> => {
  try {
    return { request, clip: await readClip(request) }
  } catch (error) {
    if (isProblemOf(request, error)) return { request, problem: error.message }
    throw error
  }
}

/** The thread's file, beside this one: compiled in the package, or as it is where ts-node runs the sources. */
const newWorker = (): Worker => {
  const extension = extname(__filename)
  const options = extension === '.ts' ? { execArgv: ['-r', require.resolve('ts-node/register/transpile-only')] } : {}
  return new Worker(join(__dirname, `worker${extension}`), options)
}

type Waiting = Readonly<{ request: ClipRequest; resolve: (result: ClipResult) => void; reject: (error: Error) => void }>

const startThread = () => {
  const worker = newWorker()
  const waiting = new Map<number, Waiting>()
  let next = 0
  let ended: Error | undefined
  const end = (error: Error): void => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const { request, resolve, reject } = waiting.get(answer.id)!
    waiting.delete(answer.id)
    if ('data' in answer) resolve({ request, clip: { data: answer.data, shape: answer.shape } })
    else if (answer.kind === 'problem') resolve({ request, problem: answer.reason })
    else if (answer.kind === 'mistake') reject(new UserError(answer.reason))
    else reject(new Error(`making a clip of ${request.path}: ${answer.reason}`))
  })
  worker.on('error', error => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', code => end(new Error(`a thread that makes clips ended with code ${code}`)))
  return {
    load: () => waiting.size,
    make: (request: ClipRequest): Promise<ClipResult> =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        const job: Job = { id: next++, request }
        waiting.set(job.id, { request, resolve, reject })
        worker.postMessage(job)
      }),
    close: async () => {
      const exit = ended ? undefined : once(worker, 'exit')
      worker.postMessage('end')
      await exit
    },
  }
}
