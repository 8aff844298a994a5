/** What makes digits in motion hard to read. All of it is the same when a clip is seen in reverse, so that a class is still
 *  its twin reversed, and without the order of the frames half of the answers are guesses as before. */
import { randomStream, UserError } from '../tensor'
import { digitSide, type Digits } from './digits'
import { draw, padded, paddedSide } from './drawing'

/** What is added to clips of digits in motion; nothing of a kind that is left out. */
export interface Difficulty {
  /** Pieces of other digits that lie about, the same in every frame; 0 by default. */
  readonly clutter?: number
  /** Other digits, each of which sets out for a side and comes back; 0 by default. */
  readonly others?: number
  /** The side of a gray square that hides what is behind it in every frame, as a fraction of the picture's; 0 by default. */
  readonly occlusion?: number
}

/** The clip that is made hard. */
interface Place {
  readonly seed: number
  readonly index: number
  readonly digits: Digits
  readonly frames: number
  readonly size: number
}

/** Side of a piece, in pixels of its digit. */
const PIECE = 10
/** How far another digit goes before it comes back, as a fraction of the picture. */
const EXCURSION = [0.3, 0.5] as const

/** @throws UserError that names an option out of range, what it must be and what it is */
export const checkDifficulty = ({ clutter = 0, others = 0, occlusion = 0 }: Difficulty): void => {
  const whole = (name: string, n: number): void => {
    if (!Number.isSafeInteger(n) || n < 0) throw new UserError(`${name} must be a whole number of at least 0, got ${n}`)
  }
  whole('clutter', clutter)
  whole('others', others)
  if (!(occlusion >= 0 && occlusion < 1)) throw new UserError(`occlusion must be from 0 to below 1, got ${occlusion}`)
}

/** Adds what makes a clip hard to its pixels [T, H, W]: a function of the seed, the index and the options alone. */
export const addDifficulty = (
  out: Float32Array,
  { seed, index, digits, frames, size }: Place,
  { clutter = 0, others = 0, occlusion = 0 }: Difficulty,
): void => {
  const frame = (t: number): Float32Array => out.subarray(t * size * size, (t + 1) * size * size)
  // Each kind has a stream of its own: more of one leaves the others as they were.
  const drawn = (kind: string) => {
    const random = randomStream(seed, `${kind} ${index}`)
    const between = (low: number, high: number): number => low + (high - low) * random()
    const digit = (): Uint8Array => padded(digits.images[Math.floor(random() * digits.images.length)]!)
    return { random, between, digit }
  }
  const pieces = drawn('clutter')
  for (let i = 0; i < clutter; i++) {
    const image = piece(pieces.digit(), pieces.random)
    const pose = { angle: pieces.between(-Math.PI, Math.PI), scale: pieces.between(0.75, 1.05) }
    const [x, y] = [pieces.between(0, 1), pieces.between(0, 1)]
    const layer = new Float32Array(size * size).fill(-1)
    draw(layer, size, image, pose, x, y)
    for (let t = 0; t < frames; t++) darken(frame(t), layer)
  }
  const walkers = drawn('others')
  for (let i = 0; i < others; i++) {
    const image = walkers.digit()
    const pose = { angle: walkers.between(-0.35, 0.35), scale: walkers.between(0.75, 1.05) }
    const [x, y] = [walkers.between(0.2, 0.8), walkers.between(0.2, 0.8)]
    const [towards, far] = [walkers.between(0, 2 * Math.PI), walkers.between(...EXCURSION)]
    for (let t = 0; t < frames; t++) {
      const away = (far * Math.min(t, frames - 1 - t)) / Math.max(1, Math.floor((frames - 1) / 2))
      draw(frame(t), size, image, pose, x + away * Math.cos(towards), y + away * Math.sin(towards))
    }
  }
  const screen = drawn('occlusion')
  const side = Math.round(occlusion * size)
  const [top, left] = [0, 0].map(() => Math.floor(screen.random() * (size - side + 1))) as [number, number]
  for (let row = top; row < top + side; row++)
    for (let t = 0; t < frames; t++) frame(t).fill(0, row * size + left, row * size + left + side)
}

/** Of two pictures the darker pixel. */
const darken = (out: Float32Array, layer: Float32Array): void => {
  for (let i = 0; i < out.length; i++) out[i] = Math.max(out[i]!, layer[i]!)
}

/** A square cut out of a padded digit, moved to the middle; around it is paper. */
const piece = (image: Uint8Array, random: () => number): Uint8Array => {
  const [top, left] = [0, 0].map(() => 4 + Math.floor(random() * (digitSide - PIECE - 6))) as [number, number]
  const middle = (paddedSide - PIECE) / 2
  const cut = new Uint8Array(paddedSide ** 2)
  for (let y = 0; y < PIECE; y++)
    cut.set(
      image.subarray((top + y) * paddedSide + left, (top + y) * paddedSide + left + PIECE),
      (middle + y) * paddedSide + middle,
    )
  return cut
}
