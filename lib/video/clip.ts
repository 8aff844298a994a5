/** Clips as the network takes them: frames picked, resized, cropped and normalised. */
import { randomStream, UserError } from '../tensor'
import { type Crops, type Jitter, jitteredWindow, paperCrops, paperJitter, cropWindows } from './crop'
import { openVideo, type Video } from './decode'
import { withChannels } from './pixels'
import { type Normalisation, resizeInto, vitNormalisation } from './resize'
import { jitteredFrames, paperSampling, type Sampling, viewFrames } from './sampling'

/** A clip to be made, with all that chance decides of it: plain data, which a worker can be sent. */
export type ClipRequest = Readonly<{
  path: string
  sampling: Sampling
  /** Where in the video: a number in [0, 1) for training, or one of the views for inference. */
  when: Readonly<{ chance: number }> | Readonly<{ view: number; views: number }>
  /** Which part of the frames: with three numbers in [0, 1) for training, or at fixed places. */
  where: (Jitter & Readonly<{ chance: readonly number[] }>) | Crops
  normalisation: Normalisation
  channels: 1 | 3
}>

/** Crops of a clip: X [V, C, T, H, W], with V = 1 in training. */
export type ClipData = Readonly<{
  data: Float32Array
  shape: readonly [V: number, C: number, T: number, H: number, W: number]
}>

/** What training clips have in common. */
export type TrainingOptions = Partial<Pick<ClipRequest, 'sampling' | 'normalisation' | 'channels'> & { where: Jitter }>

/**
 * The clip of video `index` in an epoch of training: its place in the video, its scale and its crop depend on the seed,
 * the epoch and the index alone.
 */
export const trainingClip = (
  path: string,
  { seed, epoch, index }: Readonly<{ seed: number; epoch: number; index: number }>,
  options: TrainingOptions = {},
): ClipRequest => {
  const random = randomStream(seed, `clip ${index} of epoch ${epoch}`)
  const { sampling = paperSampling[8], where = paperJitter, normalisation = vitNormalisation, channels = 3 } = options
  const when = { chance: random() }
  return { path, sampling, when, where: { ...where, chance: [random(), random(), random()] }, normalisation, channels }
}

/** What the views of a video have in common: x = `views` in time, and in space as `where` says. */
export type ViewOptions = Partial<
  Pick<ClipRequest, 'sampling' | 'normalisation' | 'channels'> & { views: number; where: Crops }
>

/** The clips of a video at inference, one for each view in time. Each holds its views in space (Sec. 4.2). */
export const viewClips = (path: string, options: ViewOptions = {}): readonly ClipRequest[] => {
  const { views = 1, sampling = paperSampling[8], where = paperCrops } = options
  const { normalisation = vitNormalisation, channels = 3 } = options
  return Array.from({ length: views }, (_, view) => {
    const when = { view, views }
    return { path, sampling, when, where, normalisation, channels }
  })
}

/**
 * Makes a clip. What is held at a time is the clip and a few frames, however long the video is.
 *
 * @throws UserError as `openVideo` does, or when a number of the request is out of range
 */
export const readClip = async (request: ClipRequest): Promise<ClipData> => {
  const video = await openVideo(request.path)
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
  { sampling, when, where, normalisation, channels }: Omit<ClipRequest, 'path'>,
): Promise<ClipData> => {
  const frames =
    'chance' in when
      ? jitteredFrames(video.frames, sampling, when.chance)
      : viewFrames(video.frames, sampling, when.view, when.views)
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
  if (t !== T) throw new UserError(`${video.name}: expected ${T} frames, found ${t}`)
  return { data, shape: [crops, channels, T, side, side] }
}

/** Whether an error is about the clip's video, and not about what was asked for or what is installed. */
export const isProblemOf = ({ path }: ClipRequest, error: unknown): error is UserError =>
  error instanceof UserError && error.message.startsWith(`${path}: `)
