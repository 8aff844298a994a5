/** Batches of clips of videos, made ahead while steps run. */
import { count, list, recordOf, strict, wholeNumber } from '../tensor/given'
import { over, UserError } from '../tensor'
import { type ClipRequest, epochOrder, trainingClip, type TrainingOptions, type VideoFacts } from '../video'
import type { ClipReader, ClipResult, LabelledVideo, VideoProblem } from '../video/node'
import type { Batch } from './step'
import { type Rows, together } from './video-scores'

/** What the clips of a run are made of. */
export type VideoBatchOptions = TrainingOptions &
  Readonly<{
    /** Of clips, or of their features. */
    reader: ClipReader<Rows>
    videos: readonly LabelledVideo[]
    /** Clips in a batch. */
    batch: number
    seed: number
    /** The first step, when a run goes on. */
    from?: number
    /** Hears of a video that cannot be read, once. */
    onProblem?: (problem: VideoProblem) => void
    /** Hears what the video of each clip is, and which frames of the clip are damaged and were concealed. */
    onVideo?: (path: string, video: VideoFacts, damaged: readonly number[]) => void
    /** The clip of a video in an epoch, counted from 1; without it, one that chance makes anew in each epoch. */
    clipOf?: (video: LabelledVideo, epoch: number) => ClipRequest
  }>

/** Steps in which an epoch visits every video once, but for those that do not fill a batch. */
export const stepsPerEpoch = strict(
  'stepsPerEpoch',
  { videos: count, batch: count },
  (videos: number, batch: number): number => Math.max(1, Math.floor(videos / batch)),
)

/**
 * The batches of a run, to be asked for one step after the other. Which videos are in the batch of a step, and which clips of
 * them, depends on the seed and the step alone: an epoch visits the videos in an order of its own, and a run that goes on
 * sees what it would have seen. In the place of a video that cannot be read stands the one that follows it in that order.
 *
 * @throws UserError (from `batch`) where no video can be read, and as the reader does
 */
export const videoBatches = strict(
  'videoBatches',
  { options: recordOf({ videos: list, batch: count, seed: wholeNumber }) },
  ({
    reader,
    videos,
    batch: B,
    seed,
    from = 0,
    onProblem = () => undefined,
    onVideo = () => undefined,
    clipOf,
    ...options
  }: VideoBatchOptions): { readonly batch: (step: number) => Promise<Batch>; readonly end: () => Promise<void> } => {
    const broken = new Set<string>()
    const orders = new Map<number, readonly number[]>()
    const orderOf = (epoch: number): readonly number[] => {
      const order = orders.get(epoch) ?? epochOrder(seed, epoch, videos.length)
      if (!orders.has(epoch)) {
        orders.clear()
        orders.set(epoch, order)
      }
      return order
    }
    const perEpoch = stepsPerEpoch(videos.length, B)
    /** The clip in a place of a batch, and its label: of the first video from that place on that is not known to be broken. */
    const clipAt = (step: number, i: number): { readonly label: number; readonly request: ClipRequest } => {
      const epoch = 1 + Math.floor(step / perEpoch)
      const index = (step % perEpoch) * B + i
      const order = orderOf(epoch)
      for (let next = 0; next < videos.length; next++) {
        const video = videos[order[(index + next) % videos.length]!]!
        const { path, label } = video
        if (!broken.has(path)) {
          const request = clipOf?.(video, epoch) ?? trainingClip(video, { seed, epoch, index }, options)
          return { label, request }
        }
      }
      throw new UserError(`no video can be read, of ${videos.length}: ${[...broken][0]!} is the first of them`)
    }
    const begun: ReturnType<typeof clipAt>[] = []
    const requests = function* () {
      for (let step = from; ; step++)
        for (let i = 0; i < B; i++) {
          const clip = clipAt(step, i)
          begun.push(clip)
          yield clip.request
        }
    }
    const results = reader.read(requests())

    /** The first clip from a place on that can be made. */
    const made = async (step: number, i: number) => {
      let result = (await results.next()).value as ClipResult<Rows>
      let { label } = begun.shift()!
      while ('problem' in result) {
        const { path } = result.request
        if (!broken.has(path)) onProblem({ path, reason: result.problem })
        broken.add(path)
        const clip = clipAt(step, i)
        label = clip.label
        for await (const other of reader.read([clip.request])) result = other
      }
      onVideo(result.request.path, result.clip.video, result.clip.damaged)
      return { label, clip: result.clip }
    }
    const batch = async (step: number): Promise<Batch> => {
      const clips: Awaited<ReturnType<typeof made>>[] = []
      for (let i = 0; i < B; i++) clips.push(await made(step, i))
      const X = together(clips.map(({ clip }) => clip)) as Batch['X']
      const labels = Float32Array.from(clips, ({ label }) => label)
      return { X, labels: over(labels, [B]) }
    }
    return { batch, end: async () => void (await results.return()) }
  },
)
