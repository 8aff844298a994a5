/** Which part of a frame the network sees (Sec. 4.2, decision D12). Pure: sizes and positions out of numbers. */
import { UserError } from '../tensor'

/** The size of a frame, in pixels. */
export interface FrameSize {
  readonly height: number
  readonly width: number
}

/** A part of a picture of `resized` pixels: `height` × `width` of them from row `top` and column `left`. */
export interface CropWindow extends FrameSize {
  readonly resized: FrameSize
  readonly top: number
  readonly left: number
}

/** The size with the given shorter side, and the longer one in proportion, rounded down. */
export const withShortSide = ({ height, width }: FrameSize, side: number): FrameSize =>
  height < width
    ? { height: side, width: Math.floor((side * width) / height) }
    : { height: Math.floor((side * height) / width), width: side }

/** For training: the shorter side within [low, high], and a square of `crop` pixels of what comes out. */
export interface Jitter {
  readonly shortSide: readonly [low: number, high: number]
  readonly crop: number
}

/** For inference: the shorter side, and squares of `crop` pixels: three of them, or the one in the middle. */
export interface Crops {
  readonly shortSide: number
  readonly crop: number
  readonly crops: 1 | 3
}

/** The paper's frames, Sec. 4.2: "random scale jittering [256, 320] and uniform crop". */
export const paperJitter: Jitter = { shortSide: [256, 320], crop: 224 }

/** The paper's three crops of a frame. */
export const paperCrops: Crops = { shortSide: 256, crop: 224, crops: 3 }

/**
 * The window of a clip in training: each whole short side and each place equally likely.
 *
 * @param chance three numbers in [0, 1): for the scale, the row and the column
 * @throws UserError when the sizes are no whole numbers, or the crop is larger than the shorter side
 */
export const jitteredWindow = (
  frame: FrameSize,
  { shortSide, crop }: Jitter,
  chance: readonly number[],
): CropWindow => {
  const [low, high] = shortSide
  const [scale = 0, row = 0, column = 0] = chance
  check(low, crop)
  if (!Number.isInteger(high) || high < low)
    throw new UserError(`shortSide must be a whole number from ${low} on, got ${high}`)
  const resized = withShortSide(frame, low + Math.floor(scale * (high - low + 1)))
  const place = (room: number, at: number): number => Math.floor(at * (room + 1))
  return {
    resized,
    height: crop,
    width: crop,
    top: place(resized.height - crop, row),
    left: place(resized.width - crop, column),
  }
}

/**
 * The windows of a frame at inference: top left, centre, bottom right; or the centre alone.
 *
 * @throws UserError as `jitteredWindow` does
 */
export const cropWindows = (frame: FrameSize, { shortSide, crop, crops }: Crops): readonly CropWindow[] => {
  check(shortSide, crop)
  const resized = withShortSide(frame, shortSide)
  return (crops === 3 ? [0, 1 / 2, 1] : [1 / 2]).map(part => ({
    resized,
    height: crop,
    width: crop,
    top: Math.floor((resized.height - crop) * part),
    left: Math.floor((resized.width - crop) * part),
  }))
}

const check = (shortSide: number, crop: number): void => {
  for (const [name, value] of Object.entries({ shortSide, crop }))
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(`${name} must be a whole number of at least 1, got ${value}`)
  if (crop > shortSide) throw new UserError(`crop must be at most the shorter side, ${shortSide}, got ${crop}`)
}
