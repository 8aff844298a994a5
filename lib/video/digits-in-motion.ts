/**
 * Digits in motion: a task that needs the order of frames.
 *
 * A handwritten digit leaves the picture to one of four sides, or arrives from there: the same frames in reverse order. One
 * frame, or all of them without their order, can tell the side at best, so without time the ceiling is 50 %.
 */
import { over, randomStream, type Tensor, UserError } from '../tensor'
import type { Digits } from './digits'
import { addDifficulty, checkDifficulty, type Difficulty } from './difficulty'
import { draw, padded } from './drawing'

const sides = ['left', 'right', 'up', 'down'] as const
/** Unit vectors of the sides, as (x, y) with y downwards. */
const directions = [[-1, 0], [1, 0], [0, -1], [0, 1]] as const // prettier-ignore

/** Class k leaves to side k, class k + 4 arrives from there. */
export const classNames: readonly string[] = ['leaves', 'arrives'].flatMap(verb => sides.map(side => `${verb} ${side}`))

/** The class whose clips are those of `label` in reverse order. */
export const twin = (label: number): number => (label + sides.length) % classNames.length

/** The seed of the clips that every run is tested with. */
export const HELD_OUT_SEED = 20230

/** What chance decides about a clip. Lengths are fractions of the side of the picture. */
export interface Motion {
  /** The index of the digit. */
  readonly digit: number
  /** The rotation of the digit, in radians, counterclockwise. */
  readonly angle: number
  /** The side of the digit's 28 × 28 tile; its ink fills about 20/28 of it. */
  readonly scale: number
  /** Where the digit starts, from the centre of the picture: along its direction and across it. */
  readonly start: readonly [along: number, across: number]
  /** How far it moves from the first frame to the last. */
  readonly distance: number
}

/** What a clip is made of: digits, the sizes T = `frames` and H = W = `size`, and what makes it hard (nothing by default). */
export interface ClipOptions extends Difficulty {
  readonly digits: Digits
  readonly frames?: number
  readonly size?: number
}

/** One clip: `pixels` are [T, H, W], row by row, from −1 (paper) to 1 (ink). */
export interface Clip {
  readonly pixels: Float32Array
  readonly label: number
  readonly motion: Motion
}

/** The motion of clip `index` under `seed`: a function of these two alone, whatever batch the clip is in. */
export const motionOf = (seed: number, index: number, digits: number): Motion => {
  const random = randomStream(seed, index)
  const between = (low: number, high: number): number => low + (high - low) * random()
  return {
    digit: Math.floor(random() * digits),
    angle: between(-0.35, 0.35),
    scale: between(0.75, 1.05),
    start: [between(-0.12, 0.12), between(-0.12, 0.12)],
    distance: between(0.6, 0.85),
  }
}

/**
 * Clip `index` of the endless sequence that `seed` stands for. Its class is index mod 8 unless `label` says otherwise, so
 * any 8 clips in a row hold every class once.
 *
 * @throws UserError as `digitsInMotion` does
 */
export const clip = (
  seed: number,
  index: number,
  {
    digits,
    frames = 4,
    size = 16,
    label = index % classNames.length,
    ...difficulty
  }: ClipOptions & { readonly label?: number },
): Clip => {
  integer('seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  integer('index', index, 0, 2 ** 32 - 1)
  integer('label', label, 0, classNames.length - 1)
  integer('frames', frames, 2)
  integer('size', size, 1)
  checkDifficulty(difficulty)
  const motion = motionOf(seed, index, integer('digits', digits.images.length, 1))
  const image = padded(digits.images[motion.digit]!)
  const [dx, dy] = directions[label % sides.length]!
  const [along, across] = motion.start
  const pixels = new Float32Array(frames * size * size).fill(-1)
  for (let t = 0; t < frames; t++) {
    const moved = along + (motion.distance * t) / (frames - 1)
    const frame = label < sides.length ? t : frames - 1 - t
    const picture = pixels.subarray(frame * size * size, (frame + 1) * size * size)
    draw(picture, size, image, motion, 0.5 + dx * moved + dy * across, 0.5 + dy * moved + dx * across)
  }
  addDifficulty(pixels, { seed, index, digits, frames, size }, difficulty)
  return { pixels, label, motion }
}

/**
 * Clips `first`, …, `first + clips − 1` of the sequence that `seed` stands for, and their classes (indices of `classNames`).
 * Pixels are (v − 0.5) / 0.5 of gray values v in [0, 1]. Pure: the same arguments give the same bits.
 *
 * @returns X [B, 1, T, H, W] and labels [B], float32, with B = `clips`
 * @throws UserError when a number is not an integer or out of range: at least one clip, two frames, one pixel and one digit;
 *     and when there is no memory for so many clips
 */
export const digitsInMotion = (
  seed: number,
  {
    clips,
    first = 0,
    frames = 4,
    size = 16,
    ...options
  }: ClipOptions & { readonly clips: number; readonly first?: number },
): { X: Tensor<['B', 'C', 'T', 'H', 'W']>; labels: Tensor<['B']> } => {
  integer('clips', clips, 1)
  integer('first', first, 0)
  const pixels = integer('frames', frames, 2) * integer('size', size, 1) ** 2
  const data = room(clips, pixels)
  const labels = new Float32Array(clips)
  for (let i = 0; i < clips; i++) {
    const made = clip(seed, first + i, { frames, size, ...options })
    data.set(made.pixels, i * pixels)
    labels[i] = made.label
  }
  return { X: over(data, [clips, 1, frames, size, size]), labels: over(labels, [clips]) }
}

/** Floats for so many clips. Throws UserError where there is no memory for them. */
const room = (clips: number, pixels: number): Float32Array => {
  try {
    return new Float32Array(clips * pixels)
  } catch {
    const size = Math.ceil((clips * pixels * 4) / 2 ** 30)
    throw new UserError(`clips must be fewer than ${clips}, which take ${size} GiB`)
  }
}

const integer = (name: string, value: number, least: number, most = Infinity): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`
  throw new UserError(`${name} must be a whole number ${range}, got ${value}`)
}
