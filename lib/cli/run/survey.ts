/** What a dataset holds: every video is opened once, and its first frame decoded. */
import { z } from 'zod'
import {
  type ClipReader,
  copiesIn,
  type Dataset,
  type FileFacts,
  type FileIndex,
  refreshed,
  type VideoFacts,
  type VideoProblem,
  viewClips,
} from '../../video'

/** What opening the videos of a dataset has shown. */
export interface Survey {
  /** By the paths of those that can be read. */
  readonly seen: ReadonlyMap<string, VideoFacts>
  /** Those that cannot, besides what was left out before. */
  readonly problems: readonly VideoProblem[]
  /** For the paths of copies those of the videos that they are copies of. */
  readonly copies: ReadonlyMap<string, string>
  /** What was learnt, to be kept: what has not changed is not opened again. */
  readonly index: FileIndex
}

const known = z.union([
  z.object({ problem: z.string() }),
  z
    .object({
      frames: z.int(),
      fps: z.number(),
      duration: z.number(),
      width: z.int(),
      height: z.int(),
      kind: z.string(),
    })
    .loose(),
])

/** What an index remembers of a video. */
const remembered = (facts: FileFacts | undefined): VideoFacts | { readonly problem: string } | undefined => {
  const found = known.safeParse(facts?.seen)
  return found.success ? found.data : undefined
}

/**
 * Opens the videos of a dataset that an index does not know.
 *
 * @param onVideo hears how many are done, of how many; it may end the survey by returning true
 */
export const survey = async (
  { videos }: Dataset,
  old: FileIndex,
  reader: ClipReader,
  onVideo: (done: number, of: number) => boolean | Promise<boolean>,
): Promise<Survey> => {
  const { copies, index } = copiesIn(refreshed(videos.map(({ path }) => path), old)) // prettier-ignore
  const learnt = new Map(index)
  const paths = [...new Set(videos.map(({ path }) => path))]
  const unknown = paths.filter(path => remembered(index.get(path)) === undefined)
  let done = paths.length - unknown.length
  if (!(await onVideo(done, paths.length)))
    for await (const result of reader.read(unknown.map(requestOf))) {
      const { path } = result.request
      const seen = 'problem' in result ? { problem: result.problem } : result.clip.video
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
    index: learnt,
  }
}

/** The first frame, as small as frames can be. */
const requestOf = (path: string) =>
  viewClips(path, {
    views: 2,
    sampling: { frames: 1, stride: 1 },
    where: { shortSide: 1, crop: 1, crops: 1 },
  })[0]!
