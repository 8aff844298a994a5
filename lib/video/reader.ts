/** Clips made ahead of their use, in processes of their own. */
import { availableParallelism } from 'node:os'
import { UserError } from '../tensor'
import { type ClipData, type ClipRequest, problemOf, readClip } from './clip'
import { checkSeconds } from './time-limit'
import { checkLimit } from './video'
import { type ClipResult, startChild } from './child'

export type { ClipResult } from './child'

/** How clips are read ahead. */
export interface ReaderOptions {
  /**
   * Processes, each started when the others are busy; with 0 clips are made where they are asked for. One less than there are
   * cores unless it is said.
   */
  readonly workers?: number
  /** How many clips may be on their way or wait to be taken; two for each process unless it is said. */
  readonly ahead?: number
  /**
   * How many seconds a clip may take, 60 unless it is said; one that takes longer is a problem of its video. Where there are no
   * processes it holds for opening the file and for each read of it: decoding that goes on where it was asked for cannot be stopped.
   */
  readonly timeLimit?: number
}

/** More processes than this help on no machine. */
export const MOST_WORKERS = 256

/** Reads clips of videos, ahead of those who take them. */
export interface ClipReader<C = ClipData> {
  /**
   * The clips of requests, in the order of the requests, whichever process is faster. A video that cannot be read gives a
   * problem in its place and ends nothing. Requests are taken from their iterator no earlier than they are worked on.
   *
   * @throws UserError for what no video is to blame for: numbers of a request out of range, or missing packages
   */
  readonly read: (requests: Iterable<ClipRequest>) => AsyncGenerator<ClipResult<C>, void, undefined>
  /** Ends the processes, each when it has done with the clip it is at. */
  readonly close: () => Promise<void>
}

/**
 * Starts processes that make clips. Close the reader after use.
 *
 * @throws UserError when a number is out of range
 */
export const openClipReader = (options: ReaderOptions = {}): ClipReader => {
  const {
    workers = Math.max(availableParallelism() - 1, 1),
    ahead = Math.max(2 * workers, 1),
    timeLimit = 60,
  } = options
  checkLimit('workers', workers, 0)
  if (workers > MOST_WORKERS) throw new UserError(`workers must be at most ${MOST_WORKERS}, got ${workers}`)
  checkLimit('ahead', ahead, 1)
  checkSeconds('timeLimit', timeLimit)
  const children = Array.from({ length: workers }, () => startChild(timeLimit))
  const make = (request: ClipRequest): Promise<ClipResult> => {
    const [first, ...others] = children
    if (first === undefined) return here(request, timeLimit)
    return others.reduce((best, child) => (child.load() < best.load() ? child : best), first).make(request)
  }
  return {
    read: requests => inOrder(requests, make, ahead),
    close: async () => void (await Promise.all(children.map(child => child.close()))),
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

const here = async (request: ClipRequest, timeLimit: number): Promise<ClipResult> => {
  try {
    return { request, clip: await readClip(request, { timeLimit }) }
  } catch (error) {
    const problem = problemOf(request, error)
    if (problem === undefined) throw error
    return { request, problem }
  }
}
