/** Clips as the network takes them: frames picked, resized, cropped and normalised. */
import { randomStream, UserError } from '../tensor'
import { type Crops, type Jitter, jitteredWindow, paperCrops, paperJitter, cropWindows } from './crop'
import type { TimeSpan } from './datasets/dataset'
import { openVideo, type Video, type VideoLimits } from './decode'
import { withChannels } from './pixels'
import { type Normalisation, resizeInto, vitNormalisation } from './resize'
import { chances, jitteredFrames, paperSampling, type Sampling, samplingAt, viewFrames } from './sampling'
import { firstLine } from './video'

/** A clip to be made, with all that chance decides of it: plain data, which a worker can be sent. */
export interface ClipRequest {
  readonly path: string
  /** The seconds of the video that the clip is of; all of it by default. */
  readonly part?: TimeSpan | undefined
  readonly sampling: Sampling
  /** Where in the video: numbers in [0, 1) for training, or one of the views for inference. */
  readonly when: { readonly chance: readonly number[] } | { readonly view: number; readonly views: number }
  /** Which part of the frames: with three numbers in [0, 1) for training, or at fixed places. */
  readonly where: (Jitter & { readonly chance: readonly number[] }) | Crops
  readonly normalisation: Normalisation
  readonly channels: 1 | 3
}

/** The sizes of a clip's crops. */
export type ClipShape = readonly [V: number, C: number, T: number, H: number, W: number]

/** Crops of a clip: X [V, C, T, H, W], with V = 1 in training; or what is made of them, a row for each. */
export interface ClipData<S extends readonly [V: number, ...rest: number[]] = ClipShape> {
  readonly data: Float32Array
  readonly shape: S
  /** The video that it is of. */
  readonly video: VideoFacts
  /** The frames of the clip whose data are damaged, by their numbers in the video: a decoder concealed what it could. */
  readonly damaged: readonly number[]
}

/** What there is to know of a video before its frames. */
export type VideoFacts = Pick<Video, 'frames' | 'fps' | 'duration' | 'width' | 'height' | 'kind'>

/** The video of a clip: where it is, and which part of it. */
export interface ClipSource {
  readonly path: string
  readonly part?: TimeSpan | undefined
}

type Common = Pick<ClipRequest, 'sampling' | 'normalisation' | 'channels'>

/** What training clips have in common. */
export interface TrainingOptions extends Partial<Common> {
  readonly where?: Jitter
}

/**
 * The clip of video `index` in an epoch of training: its place in the video, its scale and its crop depend on the seed,
 * the epoch and the index alone.
 */
export const trainingClip = (
  source: string | ClipSource,
  { seed, epoch, index }: { readonly seed: number; readonly epoch: number; readonly index: number },
  options: TrainingOptions = {},
): ClipRequest => {
  const random = randomStream(seed, `clip ${index} of epoch ${epoch}`)
  const { sampling = paperSampling[8], where = paperJitter, normalisation = vitNormalisation, channels = 3 } = options
  const start = random()
  const place = [random(), random(), random()]
  const others = Array.from({ length: chances(sampling) - 1 }, random)
  const when = { chance: [start, ...others] }
  return { ...sourceOf(source), sampling, when, where: { ...where, chance: place }, normalisation, channels }
}

const sourceOf = (source: string | ClipSource): ClipSource =>
  typeof source === 'string' ? { path: source } : { path: source.path, ...(source.part && { part: source.part }) }

/** What the views of a video have in common: x = `views` in time, and in space as `where` says. */
export interface ViewOptions extends Partial<Common> {
  readonly views?: number
  readonly where?: Crops
}

/** The clips of a video at inference, one for each view in time. Each holds its views in space (Sec. 4.2). */
export const viewClips = (source: string | ClipSource, options: ViewOptions = {}): readonly ClipRequest[] => {
  const { views = 1, sampling = paperSampling[8], where = paperCrops } = options
  const { normalisation = vitNormalisation, channels = 3 } = options
  return Array.from({ length: views }, (_, view) => {
    const when = { view, views }
    return { ...sourceOf(source), sampling, when, where, normalisation, channels }
  })
}

/**
 * Makes a clip. What is held at a time is the clip and a few frames, however long the video is.
 *
 * @throws UserError as `openVideo` does, or when a number of the request is out of range
 */
export const readClip = async (request: ClipRequest, limits: VideoLimits = {}): Promise<ClipData> => {
  const { path, sampling } = request
  const video = await openVideo(path, { ...limits, fps: sampling.fps })
  try {
    return await clipOf(video, request)
  } finally {
    video.close()
  }
}

/**
 * The clip of a video that is open, as one of a Blob is where there are no paths.
 *
 * @throws UserError when a frame cannot be decoded, or a number of the request is out of range
 */
export const clipOf = async (
  video: Video,
  { part, sampling, when, where, normalisation, channels }: Omit<ClipRequest, 'path'>,
): Promise<ClipData> => {
  const [first, count] = rangeOf(video, part)
  const inTime = samplingAt(sampling, video.fps)
  const within =
    'chance' in when ? jitteredFrames(count, inTime, when.chance) : viewFrames(count, inTime, when.view, when.views)
  const frames = within.map(index => first + index)
  const crops = 'chance' in where ? 1 : where.crops
  const [T, side] = [frames.length, where.crop]
  const data = new Float32Array(crops * channels * T * side * side)
  let t = 0
  for await (const frame of video.read(frames)) {
    const places = 'chance' in where ? [jitteredWindow(frame, where, where.chance)] : cropWindows(frame, where)
    const image = withChannels(frame, channels)
    places.forEach((window, v) => {
      const offset = (v * channels * T + t) * side * side
      resizeInto(data, image, window, normalisation, { offset, channelStride: T * side * side })
    })
    t++
  }
  if (t !== T) throw new UserError(`${video.name}: must give ${T} frames, got ${t}`)
  const { frames: all, fps, duration, width, height, kind } = video
  const damaged = video.damaged().filter(index => frames.includes(index))
  return {
    data,
    shape: [crops, channels, T, side, side],
    video: { frames: all, fps, duration, width, height, kind },
    damaged,
  }
}

/** The frames that are shown in a part of a video: the first, and how many. Throws UserError where there is none. */
const rangeOf = (
  { name, frames, times, fps }: Video,
  part: TimeSpan | undefined,
): readonly [first: number, count: number] => {
  if (part === undefined) return [0, frames]
  if (fps === 0) throw new UserError(`${name}: must have a frame rate for seconds ${part.from} to ${part.to}, got none`)
  const first = times.findIndex(time => time >= part.from)
  const count = first < 0 ? 0 : times.slice(first).filter(time => time < part.to).length
  if (count > 0) return [first, count]
  throw new UserError(
    `${name}: must have frames from ${part.from} to ${part.to} s, got ${frames} until ${times.at(-1)} s`,
  )
}

/**
 * What an error says of the clip's video; undefined where it is about what was asked for or what is installed. Whatever a file
 * provokes in its reader is the file's problem.
 */
export const problemOf = ({ path }: Pick<ClipRequest, 'path'>, error: unknown): string | undefined => {
  if (!(error instanceof UserError))
    return `${path}: must be a video, got one that its reader fails at (${shortened(firstLine(error))})`
  return error.message.startsWith(`${path}: `) ? error.message : undefined
}

const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text)
