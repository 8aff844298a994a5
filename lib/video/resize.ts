/** Frames at the size, in the place and on the scale that the network expects them. */
import { UserError } from '../tensor'
import type { FrameSize, CropWindow } from './crop'
import type { Image } from './png'

/** What a colour v in [0, 1] becomes: (v − mean) / deviation, for each channel or for all (decision D13). */
export interface Normalisation {
  readonly mean: number | readonly number[]
  readonly deviation: number | readonly number[]
}

/** ViT's: colours from −1 to 1. */
export const vitNormalisation: Normalisation = { mean: 0.5, deviation: 0.5 }

/** Where a frame goes in an array: its first value, and how far its channels are apart. Rows follow each other. */
export interface Destination {
  readonly offset: number
  readonly channelStride: number
}

/**
 * Resizes a frame, cuts a window out of it, normalises the colours, and writes it to `out` channel by channel. Only what
 * the window shows is computed.
 *
 * Bilinear, with pixels as squares, and each value from the four pixels around it however small the picture becomes: for
 * output row i the source row is y = max((i + ½) · H / H' − ½, 0), between rows ⌊y⌋ and min(⌊y⌋ + 1, H − 1); columns alike.
 * PyTorch's `interpolate(mode='bilinear', align_corners=False, antialias=False)`.
 *
 * @throws UserError when the window reaches beyond the resized picture, or the mean or deviation fits no number of channels
 */
export const resizeInto = (
  out: Float32Array,
  frame: Image,
  window: CropWindow,
  { mean, deviation }: Normalisation,
  { offset, channelStride }: Destination,
): void => {
  const { resized, top, left, height, width } = window
  if (top < 0 || left < 0 || top + height > resized.height || left + width > resized.width)
    throw new UserError(
      `crop must be within ${resized.height} × ${resized.width} pixels, got ${height} × ${width} from (${top}, ${left})`,
    )
  const { data, channels } = frame
  const rows = taps(frame.height, resized.height, top, height)
  const columns = taps(frame.width, resized.width, left, width)
  const row = channels * frame.width
  const [lefts, rights, parts] = [columns.low.map(x => x * channels), columns.high.map(x => x * channels), columns.part]
  for (let c = 0; c < channels; c++) {
    const gain = 1 / (255 * channelOf('deviation', deviation, c, channels))
    const bias = channelOf('mean', mean, c, channels) * 255 * gain
    for (let i = 0; i < height; i++) {
      const [above, below, q] = [rows.low[i]! * row + c, rows.high[i]! * row + c, rows.part[i]!]
      const target = offset + c * channelStride + i * width
      for (let j = 0; j < width; j++) {
        const l = lefts[j]!
        const r = rights[j]!
        const p = parts[j]!
        const upper = data[above + l]! + p * (data[above + r]! - data[above + l]!)
        const lower = data[below + l]! + p * (data[below + r]! - data[below + l]!)
        out[target + j] = (upper + q * (lower - upper)) * gain - bias
      }
    }
  }
}

/** A whole picture at another size, as 8-bit colours. */
export const resizeImage = (image: Image, size: FrameSize): Image => {
  const plane = size.height * size.width
  const planes = new Float32Array(image.channels * plane)
  const window = { ...size, resized: size, top: 0, left: 0 }
  resizeInto(planes, image, window, { mean: 0, deviation: 1 / 255 }, { offset: 0, channelStride: plane })
  const data = Uint8Array.from({ length: planes.length }, (_, i) =>
    Math.round(planes[(i % image.channels) * plane + Math.floor(i / image.channels)]!),
  )
  return { ...size, channels: image.channels, data }
}

/** The two source pixels of each output pixel, and the second one's part in it. */
const taps = (size: number, resized: number, first: number, count: number) => {
  const [low, high, part] = [new Int32Array(count), new Int32Array(count), new Float64Array(count)]
  for (let i = 0; i < count; i++) {
    const at = Math.max(((first + i + 0.5) * size) / resized - 0.5, 0)
    low[i] = Math.min(Math.floor(at), size - 1)
    high[i] = Math.min(low[i]! + 1, size - 1)
    part[i] = at - low[i]!
  }
  return { low, high, part }
}

const channelOf = (name: string, value: number | readonly number[], c: number, channels: number): number => {
  const found = typeof value === 'number' ? value : value[c]
  if (found !== undefined && (typeof value === 'number' || value.length === channels)) return found
  throw new UserError(`${name} must be one number or ${channels}, got ${typeof value === 'number' ? 1 : value.length}`)
}
