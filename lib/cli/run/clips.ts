/** Digits in motion for a configuration: clips to train on, and clips of other digits to test with. */
import { UserError } from '../../tensor'
import type { Config } from '../../paper'
import type { NetworkConfig } from '../../systems'
import type { Batch, ClipFormat } from '../../training'
import { type DigitSplits } from '../../video/digits'
import { readDigits } from '../../video/digits-files'
import { classNames, digitsInMotion, HELD_OUT_SEED } from '../../video/digits-in-motion'

/** The digits of this package, read once. */
export const packagedDigits = (): DigitSplits => (digits ??= readDigits())
let digits: DigitSplits | undefined

/** Checks that a network can be trained on digits in motion. Throws UserError that says what does not fit. */
export const checkDigits = (variant: string, { channels, classes, frames, height, width }: Config): void => {
  const K = classNames.length
  if (channels !== 1 || classes !== K)
    throw new UserError(
      `digits in motion have 1 channel and ${K} classes, but --variant ${variant} has ${channels} and ${classes}`,
    )
  if (height !== width)
    throw new UserError(`height and width must be equal for digits in motion, got ${height} and ${width}`)
  if (frames < 2) throw new UserError(`frames must be at least 2 for digits in motion, got ${frames}`)
}

/** Whether a network is one of digits in motion, by its sizes. */
export const isOfDigits = ({ channels, classes, frames, height, width }: NetworkConfig): boolean =>
  channels === 1 && classes === classNames.length && height === width && frames >= 2

/** How a network of digits in motion takes a video: gray, with T frames over its whole length, as its own clips are. */
export const digitsFormat = ({ height }: Pick<Config, 'height'>): ClipFormat => ({
  ...{ classes: classNames, stride: 'uniform', shortSide: height, mean: 0.5, deviation: 0.5 },
})

/** The batch of each step: new clips all the time, from the seed and the step alone. */
export const trainingBatch =
  ({ frames, width }: Pick<Config, 'frames' | 'width'>, batch: number, seed: number, { train }: DigitSplits) =>
  (step: number): Batch =>
    digitsInMotion(seed, { clips: batch, first: step * batch, digits: train, frames, size: width })

/** A clip of digits that no run is trained on, by its number. */
export const heldOutClip = ({ frames, width }: Pick<Config, 'frames' | 'width'>, index: number): Batch =>
  digitsInMotion(HELD_OUT_SEED, { clips: 1, first: index, digits: packagedDigits().test, frames, size: width })

/** Clips of digits that no run is trained on; the first ones are the same for every `clips`. */
export const heldOutClips = (
  { frames, width }: Pick<Config, 'frames' | 'width'>,
  clips: number,
  { test }: DigitSplits,
): Batch => digitsInMotion(HELD_OUT_SEED, { clips, digits: test, frames, size: width })
