/** Which frames of a video make a clip (Sec. 4.2, decision D14). Pure: indices out of numbers. */
import { randomStream, UserError } from '../tensor'

/** T `frames` of a video. */
export interface Sampling {
  readonly frames: number
  /** Frames of the video from one frame of the clip to the next; or `uniform`: one from each of T equal parts of the video. */
  readonly stride: number | 'uniform'
  /** The frame rate at which the stride is meant: in a video of twice the rate it is twice as long. A folder of frames, which
   *  says none, has this one. */
  readonly fps?: number | undefined
}

/** The paper's clips, Sec. 4.2: 8, 16 or 32 frames with a stride of 32, 16 or 8. Each spans 256 frames of the video. */
export const paperSampling = {
  8: { frames: 8, stride: 32 },
  16: { frames: 16, stride: 16 },
  32: { frames: 32, stride: 8 },
} as const satisfies Record<number, Sampling>

/** A clip has no more frames than this. */
const MAX_FRAMES = 2 ** 16

/**
 * The sampling in a video of some frame rate: with a stride that takes as long there as it is meant to. SlowFast's, whose
 * TARGET_FPS is 30.
 *
 * @param rate frames per second; 0 where it is not known, which leaves the stride as it is
 * @returns a sampling whose stride need not be whole
 */
export const samplingAt = ({ frames, stride, fps }: Sampling, rate: number): Sampling =>
  stride === 'uniform' || fps === undefined || rate === 0
    ? { frames, stride }
    : { frames, stride: (stride * rate) / fps }

/** How many frames of a video a clip reaches over, from its first to its last; 1 of a uniform one, which every video has. */
export const spanOf = ({ frames, stride }: Sampling): number =>
  stride === 'uniform' ? 1 : Math.round((frames - 1) * stride) + 1

/**
 * The frames of temporal view `view` of `views`: clips spread evenly, the first from the video's first frame and the last
 * to its last. One view is the middle of the video.
 *
 *     start_k = ⌊slack · k / (views − 1)⌋,  index_i = min(max(start_k + round(i · stride), 0), count − 1)
 *
 * with slack = count − (round((frames − 1) · stride) + 1). A video without slack is shorter than the clip: it lies in the clip's
 * middle, and its first and last frame stand for those beyond them. Uniformly, with views one after the other in each part:
 *
 *     index_i = ⌊(i + (k + ½) / views) · count / frames⌋
 *
 * @param count the frames of the video
 * @throws UserError when a number is not whole or out of range
 */
export const viewFrames = (count: number, sampling: Sampling, view = 0, views = 1): readonly number[] => {
  whole('views', views, 1)
  if (whole('view', view, 0) >= views) throw new UserError(`view must be below ${views}, got ${view}`)
  const slack = slackOf(count, sampling)
  if (sampling.stride === 'uniform') return uniform(count, sampling.frames, () => (view + 1 / 2) / views)
  const part = slack < 0 || views === 1 ? 1 / 2 : view / (views - 1)
  return clamped(count, sampling, Math.floor(slack * part))
}

/**
 * The frames of a clip for training: it starts anywhere in the video that leaves room for all of it, each start equally
 * likely; a video that is shorter than the clip lies in its middle. Uniformly: of each part any frame.
 *
 * @param chance numbers in [0, 1): one for the start, or one for each part
 * @throws UserError as `viewFrames` does
 */
export const jitteredFrames = (count: number, sampling: Sampling, chance: readonly number[]): readonly number[] => {
  const slack = slackOf(count, sampling)
  const needed = chances(sampling)
  if (chance.length < needed) throw new UserError(`chance must be ${needed} numbers, got ${chance.length}`)
  for (const at of chance) if (!(at >= 0 && at < 1)) throw new UserError(`chance must be from 0 to below 1, got ${at}`)
  if (sampling.stride === 'uniform') return uniform(count, sampling.frames, i => chance[i]!)
  return clamped(count, sampling, Math.floor(slack < 0 ? slack / 2 : (slack + 1) * chance[0]!))
}

/** How many numbers chance has to give for a clip. */
export const chances = ({ frames, stride }: Sampling): number => (stride === 'uniform' ? frames : 1)

/** The numbers 0, …, count − 1 in the order in which an epoch visits them: a function of the seed and the epoch alone. */
export const epochOrder = (seed: number, epoch: number, count: number): readonly number[] => {
  const random = randomStream(seed, `order of epoch ${epoch}`)
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

/** How many frames of the video a clip leaves over; below 0 how many it lacks. */
const slackOf = (count: number, sampling: Sampling): number => {
  const { frames, stride } = sampling
  whole('count', count, 1)
  whole('frames', frames, 1, MAX_FRAMES)
  if (stride !== 'uniform' && !(stride > 0 && Number.isFinite(stride)))
    throw new UserError(`stride must be above 0 or 'uniform', got ${stride}`)
  return count - spanOf(sampling)
}

const clamped = (count: number, { frames, stride }: Sampling, start: number): readonly number[] =>
  Array.from({ length: frames }, (_, i) => Math.min(Math.max(start + Math.round(i * Number(stride)), 0), count - 1))

/** A frame of each part: `within` says where in it. */
const uniform = (count: number, frames: number, within: (i: number) => number): readonly number[] =>
  Array.from({ length: frames }, (_, i) => Math.min(Math.floor(((i + within(i)) * count) / frames), count - 1))

const whole = (name: string, value: number, least: number, most = Infinity): number => {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`
  throw new UserError(`${name} must be a whole number ${range}, got ${value}`)
}
