/** What a dataset holds: every video is opened once, and its first frame decoded, or all of them. */
import * as z from 'zod'
import { type VideoFacts, viewClips } from '../../video'
import {
  type ClipReader,
  type ClipResult,
  copiesIn,
  type Dataset,
  type FileFacts,
  type FileIndex,
  refreshed,
  type VideoProblem,
} from '../../video/node'

/** What opening the videos of a dataset has shown. */
export interface Survey {
  /** By the paths of those that can be read. */
  readonly seen: ReadonlyMap<string, VideoFacts>
  /** Those that cannot, besides what was left out before. */
  readonly problems: readonly VideoProblem[]
  /** For the paths of copies those of the videos that they are copies of. */
  readonly copies: ReadonlyMap<string, string>
  /** The damaged frames of those that were decoded, by the paths of the videos. */
  readonly damaged: ReadonlyMap<string, readonly number[]>
  /** What was learnt, to be kept: what has not changed is not opened again. */
  readonly index: FileIndex
}

const known = z.union([
  z.object({ problem: z.string() }),
  z.object({
    frames: z.int(),
    fps: z.number(),
    duration: z.number(),
    width: z.int(),
    height: z.int(),
    kind: z.string(),
    damaged: z.array(z.int()),
    decoded: z.enum(['first', 'all']),
  }),
])

/** What is learnt of a video. */
type Seen = z.infer<typeof known>

/** What an index remembers of a video. */
const remembered = (facts: FileFacts | undefined): Seen | undefined => {
  const found = known.safeParse(facts?.seen)
  return found.success ? found.data : undefined
}

/**
 * Opens the videos of a dataset that an index does not know.
 *
 * @param decode whether all frames are decoded, so that damage is found wherever it is
 * @param onVideo hears how many are done, of how many; it may end the survey by returning true
 */
export const survey = async (
  { videos }: Dataset,
  old: FileIndex,
  reader: ClipReader,
  decode: 'first' | 'all',
  onVideo: (done: number, of: number) => boolean | Promise<boolean>,
): Promise<Survey> => {
  const { copies, index } = copiesIn(refreshed(videos.map(({ path }) => path), old)) // prettier-ignore
  const learnt = new Map(index)
  const paths = [...new Set(videos.map(({ path }) => path))]
  const isKnown = (path: string): boolean => {
    const facts = remembered(index.get(path))
    return facts !== undefined && ('problem' in facts || decode === 'first' || facts.decoded === 'all')
  }
  const unknown = paths.filter(path => !isKnown(path))
  let done = paths.length - unknown.length
  if (!(await onVideo(done, paths.length)))
    for await (const { path, seen } of decode === 'first' ? firstFrames(reader, unknown) : allFrames(reader, unknown)) {
      learnt.set(path, { ...(learnt.get(path) ?? { size: 0, time: 0 }), seen })
      if (await onVideo(++done, paths.length)) break
    }
  const found = paths.flatMap(path => {
    const facts = remembered(learnt.get(path))
    return facts === undefined ? [] : [{ path, facts }]
  })
  return {
    seen: new Map(found.flatMap(({ path, facts }) => ('problem' in facts ? [] : [[path, facts] as const]))),
    problems: found.flatMap(({ path, facts }) => ('problem' in facts ? [{ path, reason: facts.problem }] : [])),
    copies,
    damaged: new Map(found.flatMap(({ path, facts }) => ('problem' in facts || facts.damaged.length === 0 ? [] : [[path, facts.damaged] as const]))), // prettier-ignore
    index: learnt,
  }
}

/** Frames as small as they can be. */
const where = { shortSide: 1, crop: 1, crops: 1 } as const

/** Of each video what its first frame shows. */
const firstFrames = async function* (reader: ClipReader, paths: readonly string[]) {
  const requests = paths.map(path => viewClips(path, { views: 2, sampling: { frames: 1, stride: 1 }, where })[0]!)
  for await (const result of reader.read(requests)) yield { path: result.request.path, seen: seenIn(result, 'first') }
}

/** How many frames a clip has at most, of those that a long video is decoded in. */
const SPELL = 10_000

/** Videos that are opened, to know of their frames, before these are decoded. */
const GROUP = 64

/** Of each video what all its frames show. */
const allFrames = async function* (reader: ClipReader, paths: readonly string[]) {
  for (let from = 0; from < paths.length; from += GROUP) {
    const open: { readonly path: string; readonly seen: Exclude<Seen, { problem: string }>; readonly views: number }[] = [] // prettier-ignore
    for await (const { path, seen } of firstFrames(reader, paths.slice(from, from + GROUP)))
      if ('problem' in seen) yield { path, seen }
      else open.push({ path, seen, views: Math.ceil(seen.frames / SPELL) })
    const requests = open.flatMap(({ path, seen, views }) => viewClips(path, { views, sampling: { frames: Math.ceil(seen.frames / views), stride: 1 }, where })) // prettier-ignore
    const results = reader.read(requests)
    for (const { path, seen, views } of open) {
      const damaged = new Set<number>()
      let problem: string | undefined
      for (let view = 0; view < views; view++) {
        const result = (await results.next()).value as ClipResult
        if ('problem' in result) problem ??= result.problem
        else for (const frame of result.clip.damaged) damaged.add(frame)
      }
      const whole = { ...seen, damaged: [...damaged].sort((a, b) => a - b), decoded: 'all' as const }
      yield { path, seen: problem === undefined ? whole : { problem } }
    }
  }
}

const seenIn = (result: ClipResult, decoded: 'first' | 'all'): Seen =>
  'problem' in result
    ? { problem: result.problem }
    : { ...result.clip.video, damaged: [...result.clip.damaged], decoded }
