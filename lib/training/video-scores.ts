/** What a network takes videos for: scores of their views, averaged (Sec. 4.2). */
import { either, func, list, listOf, record, recordOf, shape, strict, tensor, text } from '../tensor/given'
import { clips, config, views } from './kinds'
import { flat, over, type Tensor, must } from '../tensor'
import { softmax } from '../primitives'
import type { NetworkConfig } from '../systems/network'
import { type ClipData, type ClipRequest, type ClipSource, type Crops, viewClips } from '../video'
import type { ClipReader, LabelledVideo } from '../video/node'
import type { ClipFormat } from './checkpoint'
import type { Classifier } from './predict'

/** Views of a video: clips in time, and crops of each in space. The paper's are 1×3, 4×3 and 10×3. */
export type Views = Readonly<{ clips: number; crops: 1 | 3 }>

/** What a video is taken for, and which frames of its views are damaged and were concealed; or why that cannot be said. */
export type VideoScores = Readonly<{ video: LabelledVideo }> &
  (Readonly<{ scores: readonly number[]; damaged: readonly number[] }> | Readonly<{ problem: string }>)

/**
 * The mean over views of the softmax of their logits, "averaged softmax scores" (Sec. 4.2, decision D15).
 *
 * @param logits of V views, `[V, K]`
 * @returns K scores, whose sum is 1
 */
export const meanScores = strict('meanScores', { logits: tensor }, (logits: Tensor): readonly number[] => {
  const [V, K] = logits.shape as [number, number]
  const scores = flat(softmax(logits))
  return Array.from({ length: K }, (_, k) => {
    let sum = 0
    for (let v = 0; v < V; v++) sum += scores[v * K + k]!
    return sum / V
  })
})

/** The requests of a video's views for a network: one for each clip in time, with its crops. */
export const viewsOf = strict(
  'viewsOf',
  { source: either(text, record), config, format: clips, views },
  (
    source: string | ClipSource,
    { frames, height, channels }: NetworkConfig,
    { stride, fps, shortSide, mean, deviation }: ClipFormat,
    { clips, crops }: Views,
  ): readonly ClipRequest[] =>
    viewClips(source, {
      views: clips,
      sampling: { frames, stride, fps },
      where: { shortSide, crop: height, crops } satisfies Crops,
      normalisation: { mean, deviation },
      channels: channels === 1 ? 1 : 3,
    }),
)

/** Clips, or their features: a row for each crop. */
export type Rows = ClipData<readonly [V: number, ...rest: number[]]>

/** The damaged frames of a video's clips by their numbers, each once. */
export const damagedIn = (clips: readonly Rows[]): readonly number[] =>
  [...new Set(clips.flatMap(({ damaged }) => damaged))].sort((a, b) => a - b)

/** Clips one after the other as one tensor, `[V, C, T, H, W]`; or their features, `[V, N]`. */
export const together = strict(
  'together',
  { clips: listOf(recordOf({ shape, data: list })) },
  (clips: readonly Rows[]): Tensor => {
    must('together: clips', 'one or more', clips, clips.length > 0)
    const [, ...shape] = clips[0]!.shape
    const data = new Float32Array(clips.reduce((sum, clip) => sum + clip.data.length, 0))
    clips.reduce((at, clip) => (data.set(clip.data, at), at + clip.data.length), 0)
    return over(data, [clips.reduce((sum, { shape: [V] }) => sum + V, 0), ...shape])
  },
)

/**
 * The scores of videos, in their order. All views of a video are computed together, while the clips of the next are made. A
 * video that cannot be read has a problem for scores.
 *
 * @throws UserError as the reader does
 */
export const scoreVideos = strict(
  'scoreVideos',
  {
    reader: recordOf({ read: func }),
    classifier: recordOf({ logits: func }),
    config,
    format: clips,
    videos: list,
    views,
  },
  async function* (
    reader: ClipReader<Rows>,
    { logits }: Classifier,
    config: NetworkConfig,
    format: ClipFormat,
    videos: readonly LabelledVideo[],
    views: Views,
  ): AsyncGenerator<VideoScores, void, undefined> {
    const requests = function* () {
      for (const video of videos) yield* viewsOf(video, config, format, views)
    }
    const results = reader.read(requests())
    try {
      for (const video of videos) {
        const clips: Rows[] = []
        let problem: string | undefined
        for (let view = 0; view < views.clips; view++) {
          const { value } = await results.next()
          if (value === undefined) return
          if ('problem' in value) problem ??= value.problem
          else clips.push(value.clip)
        }
        if (problem !== undefined) {
          yield { video, problem }
          continue
        }
        const scores = meanScores((await logits(together(clips))) as Tensor)
        const bad = scores.find(score => !Number.isFinite(score))
        yield bad === undefined
          ? { video, scores, damaged: damagedIn(clips) }
          : { video, problem: `${video.path}: its scores must be finite, got ${bad}` }
      }
    } finally {
      await results.return()
    }
  },
)
