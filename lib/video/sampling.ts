/** Which frames of a video make a clip (Sec. 4.2, decision D14). Pure: indices out of numbers. */
import { randomStream, UserError } from '../tensor'

/** T `frames`, `stride` frames apart. */
export type Sampling = Readonly<{ frames: number; stride: number }>

/** The paper's clips, Sec. 4.2: 8, 16 or 32 frames with a stride of 32, 16 or 8. Each spans 256 frames of the video. */
export const paperSampling = {
  8: { frames: 8, stride: 32 },
  16: { frames: 16, stride: 16 },
  32: { frames: 32, stride: 8 },
} as const satisfies Record<number, Sampling>

/**
 * The frames of temporal view `view` of `views`: clips spread evenly, the first from the video's first frame and the last
 * to its last. One view is the middle of the video.
 *
 *     start_k = slack · k / (views − 1),  index_i = min(max(start_k + i · stride, 0), count − 1)
 *
 * with slack = count − ((frames − 1) · stride + 1). A video without slack is shorter than the clip: it lies in the clip's
 * middle, and its first and last frame stand for those beyond them.
 *
 * @param count the frames of the video
 * @throws UserError when a number is not whole or out of range
 */
export const viewFrames = (count: number, sampling: Sampling, view = 0, views = 1): readonly number[] => {
  whole('views', views, 1)
  if (whole('view', view, 0) >= views) throw new UserError(`view: expected a number below ${views}, found ${view}`)
  const slack = slackOf(count, sampling)
  const part = slack < 0 || views === 1 ? 1 / 2 : view / (views - 1)
  return clamped(count, sampling, Math.floor(slack * part))
}

/**
 * The frames of a clip for training: it starts anywhere in the video that leaves room for all of it, each start equally
 * likely; a video that is shorter than the clip lies in its middle.
 *
 * @param at what chance decides, in [0, 1)
 * @throws UserError as `viewFrames` does
 */
export const jitteredFrames = (count: number, sampling: Sampling, at: number): readonly number[] => {
  if (!(at >= 0 && at < 1)) throw new UserError(`at: expected a number from 0 to below 1, found ${at}`)
  const slack = slackOf(count, sampling)
  return clamped(count, sampling, Math.floor(slack < 0 ? slack / 2 : (slack + 1) * at))
}

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
const slackOf = (count: number, { frames, stride }: Sampling): number =>
  whole('count', count, 1) - ((whole('frames', frames, 1) - 1) * whole('stride', stride, 1) + 1)

const clamped = (count: number, { frames, stride }: Sampling, start: number): readonly number[] =>
  Array.from({ length: frames }, (_, i) => Math.min(Math.max(start + i * stride, 0), count - 1))

const whole = (name: string, value: number, least: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new UserError(`${name}: expected a whole number of at least ${least}, found ${value}`)
}
