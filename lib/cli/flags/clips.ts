/** What flags make of videos: the clips of a network, and what a run remembers of them. */
import { UserError } from '../../tensor'
import type { Config } from '../../paper'
import { type ClipFormat, paperRecipe } from '../../training'
import type { VideoFlags, VideoSettings } from './videos'

/** A number, or one for each channel. */
const one = (
  flag: string,
  values: readonly number[] | undefined,
  standard: number,
  channels: number,
): number | readonly number[] => {
  if (values === undefined) return standard
  if (values.length === 1) return values[0]!
  if (values.length === channels) return values
  throw new UserError(`${flag} must be one number, or one for each of ${channels} channels, got ${values.length}`)
}

/** The stride of a clip that spans 256 frames, as the paper's do. */
export const standardStride = (frames: number): number => Math.max(1, Math.round(256 / frames))

/** The clips that flags ask for. Throws UserError where a number does not fit the network's frames. */
export const clipsOf = (
  { stride, fps, shortSide, mean, deviation }: VideoFlags,
  { frames, height, channels }: Pick<Config, 'frames' | 'height' | 'channels'>,
  classes: readonly string[],
): ClipFormat => ({
  classes,
  stride: stride ?? standardStride(frames),
  ...(fps !== undefined && { fps }),
  shortSide: atLeast('--short-side', shortSide ?? scaled(256, height), height),
  mean: one('--mean', mean, paperRecipe.mean, channels),
  deviation: one('--deviation', deviation, paperRecipe.deviation, channels),
})

/** What of the settings a run remembers. Throws UserError where a number is out of range. */
export const videoSettings = (
  flags: VideoFlags & { readonly data: string },
  { height }: Pick<Config, 'height'>,
): VideoSettings => {
  const { data, videos, classNames, validation, split, validationSplit, heldOutPart, augmentViews } = flags
  if (!(heldOutPart > 0 && heldOutPart < 1))
    throw new UserError(`--held-out-part must be a number between 0 and 1, got ${heldOutPart}`)
  const [low, high] = (flags.jitter ?? paperRecipe.shortSide.map(side => scaled(side, height))) as [number, number]
  atLeast('--jitter', low, height)
  if (!Number.isInteger(low) || !Number.isInteger(high) || high < low)
    throw new UserError(`--jitter must be two whole numbers, the lower one first, got ${low},${high}`)
  return {
    data,
    videos,
    classNames,
    validation,
    split,
    validationSplit,
    heldOutPart,
    jitter: { shortSide: [low, high], crop: height },
    ...(augmentViews !== undefined && { augmentViews }),
  }
}

/** A length that is the paper's at 224 pixels, for other frames. */
const scaled = (side: number, height: number): number => Math.round((side * height) / paperRecipe.crop)

const atLeast = (flag: string, value: number, height: number): number => {
  if (value >= height) return value
  throw new UserError(`${flag} must be at least the frames' height, ${height}, got ${value}`)
}

/** Checks that a network takes videos. Throws UserError that names what does not fit. */
export const checkVideoNetwork = ({ channels, height, width }: Pick<Config, 'channels' | 'height' | 'width'>): void => {
  if (channels !== 1 && channels !== 3) throw new UserError(`channels must be 1 or 3 for videos, got ${channels}`)
  if (height !== width) throw new UserError(`height and width must be equal for videos, got ${height} and ${width}`)
}
