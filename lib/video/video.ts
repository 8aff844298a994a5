/** What a video is to those who read it, whichever library takes its file apart. */
import { UserError } from '../tensor'
import type { Image } from './png'

/** A video that is open. Frames are counted in the order in which they are shown, from 0. */
export interface Video {
  /** The path, as errors name it. */
  readonly name: string
  /** How many frames there are; a still picture has one. */
  readonly frames: number
  /** The size of its first frame as it is shown: upright, and with square pixels. */
  readonly width: number
  readonly height: number
  /** In seconds; 0 for a still picture. */
  readonly duration: number
  /** Frames per second, on average where the rate varies; 0 for a still picture. */
  readonly fps: number
  /** When each frame is shown, in seconds. */
  readonly times: readonly number[]
  /** The codec and the container, as people call them: 'H.264 in MP4'. */
  readonly kind: string
  /**
   * The RGB images of frames, one after the other. Of the video only the way from the key frame before a frame to the
   * frame is decoded, and nothing twice where indices rise; a few frames are held at a time.
   *
   * @throws UserError when there is no such frame, or it cannot be decoded
   */
  readonly read: (indices: readonly number[]) => AsyncGenerator<Image, void, undefined>
  /** Those of the frames read so far whose data are damaged, and of which a decoder concealed what it could; rising. */
  readonly damaged: () => readonly number[]
  readonly close: () => void
}

/** @throws UserError when a video has no frame of that number */
export const checkIndices = (name: string, indices: readonly number[], frames: number): void => {
  for (const index of indices)
    if (!(Number.isInteger(index) && index >= 0 && index < frames))
      throw new UserError(`${name}: frame must be from 0 to ${frames - 1}, got ${index}`)
}

/** The one line that says why data do not decode. */
export const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0]!

/** Lets others have their turn. Node's own promise of it would be a module that no browser has. */
export const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** @throws UserError when a number is not whole, or below the least */
export const checkLimit = (name: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least)
    throw new UserError(`${name} must be a whole number of at least ${least}, got ${value}`)
}
