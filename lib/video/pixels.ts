/** Decoded pictures as RGB images: from the planes of a video, turned as its player would, in gray. */
import type { FrameSize } from './crop'
import type { Image } from './png'

/** The coefficients that Y was made with, and whether samples use all their values or those of television, 16 to 235 of 8 bits. */
export interface ColourSpace {
  readonly matrix: keyof typeof luma
  readonly full: boolean
}

/** The parts of red and blue in Y; green has the rest (ITU-R BT.601, 709, 2020; SMPTE 240M; FCC 73.682). */
const luma = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
  smpte240m: [0.212, 0.087],
  fcc: [0.3, 0.11],
} as const

/** Samples of one kind: where they begin, and how far rows and the samples of a row are apart, counted in samples. */
export interface Plane {
  readonly data: Uint8Array | Uint16Array
  readonly offset: number
  readonly stride: number
  readonly step: number
}

/** A picture as codecs store it. */
export interface Planes {
  /** Y, U and V; Y alone where the picture is gray; or G, B and R. */
  readonly planes: readonly Plane[]
  /** A sample of colour covers 2^dx columns and 2^dy rows. */
  readonly dx: number
  readonly dy: number
  /** Bits of a sample. */
  readonly depth: number
}

/**
 * The RGB image of planes of Y, U and V, each sample of colour held over the pixels that it covers.
 *
 *     Y = K_r R + (1 − K_r − K_b) G + K_b B,  U = (B − Y) / (2 (1 − K_b)),  V = (R − Y) / (2 (1 − K_r))
 */
export const fromPlanes = (
  { planes: [luminance, blue, red], dx, dy, depth }: Planes,
  { width, height }: FrameSize,
  { matrix, full }: ColourSpace,
): Image => {
  const [kr, kb] = luma[matrix]
  const unit = 2 ** (depth - 8)
  const most = 2 ** depth - 1
  const [black, gain, swing] = full ? [0, 255 / most, 255 / most] : [16 * unit, 255 / 219 / unit, 255 / 224 / unit]
  const [rv, bu] = [2 * (1 - kr) * swing, 2 * (1 - kb) * swing]
  const [gv, gu] = [(kr / (1 - kr - kb)) * rv, (kb / (1 - kr - kb)) * bu]
  const middle = 128 * unit
  const data = new Uint8Array(3 * width * height)
  const { data: bright, step } = luminance!
  for (let y = 0, out = 0; y < height; y++) {
    let row = luminance!.offset + y * luminance!.stride
    if (blue === undefined || red === undefined) {
      for (let x = 0; x < width; x++, row += step, out += 3)
        data[out] = data[out + 1] = data[out + 2] = level((Math.min(bright[row]!, most) - black) * gain)
      continue
    }
    const [us, vs, apart] = [blue.data, red.data, blue.step]
    const [u, v] = [blue.offset + (y >> dy) * blue.stride, red.offset + (y >> dy) * red.stride]
    for (let x = 0; x < width; x++, row += step, out += 3) {
      const at = apart * (x >> dx)
      const Y = (Math.min(bright[row]!, most) - black) * gain
      const U = Math.min(us[u + at]!, most) - middle
      const V = Math.min(vs[v + at]!, most) - middle
      data[out] = level(Y + rv * V)
      data[out + 1] = level(Y - gu * U - gv * V)
      data[out + 2] = level(Y + bu * U)
    }
  }
  return { width, height, channels: 3, data }
}

/** 2^52 + 2^51: a sum with it keeps no place behind the point. */
const INTEGERS = 2 ** 52 + 2 ** 51
/** What the integers from −1024 to 1023 are shown as. */
const levels = Uint8ClampedArray.from({ length: 2048 }, (_, i) => i - 1024)
/** A colour as one of 256 levels: rounded, halves to even, and kept within. It is looked up, since about black and white it is
 *  chance whether one is beyond them, which a processor guesses wrongly: three times as fast as `Uint8ClampedArray`. */
const level = (colour: number): number => levels[(colour + INTEGERS - (INTEGERS - 1024)) | 0]!

/** The RGB image of planes of green, blue and red. */
export const fromGreenBlueRed = ({ planes, depth }: Planes, { width, height }: FrameSize): Image => {
  const data = new Uint8ClampedArray(3 * width * height)
  const gain = 255 / (2 ** depth - 1)
  ;[1, 2, 0].forEach((channel, p) => {
    const { data: samples, offset, stride, step } = planes[p]!
    for (let y = 0, out = channel; y < height; y++)
      for (let x = 0; x < width; x++, out += 3) data[out] = samples[offset + y * stride + x * step]! * gain
  })
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) }
}

/** The RGB image of pixels of four bytes, the last of which says nothing. */
export const fromRgbx = (pixels: Uint8Array, { width, height }: FrameSize): Image => {
  const data = new Uint8Array(3 * width * height)
  for (let i = 0, j = 0; i < data.length; i += 3, j += 4) {
    data[i] = pixels[j]!
    data[i + 1] = pixels[j + 1]!
    data[i + 2] = pixels[j + 2]!
  }
  return { width, height, channels: 3, data }
}

/** How a picture is shown: turned clockwise by a number of degrees, and then mirrored from left to right or not. */
export interface Turn {
  readonly degrees: 0 | 90 | 180 | 270
  readonly mirrored: boolean
}

/** An image turned clockwise by a number of degrees, and then mirrored from left to right or not. */
export const turned = (image: Image, degrees: Turn['degrees'], mirrored = false): Image => {
  if (degrees === 0 && !mirrored) return image
  const { channels, data } = image
  const upright = degrees % 180 === 0
  const [width, height] = upright ? [image.width, image.height] : [image.height, image.width]
  // The pixel that comes to the upper left corner, and the steps from it to those that come right of it and below.
  const [first, right, below] = {
    0: [0, 1, width],
    90: [image.width * (image.height - 1), -image.width, 1],
    180: [width * height - 1, -1, -width],
    270: [image.width - 1, image.width, -1],
  }[degrees] as [number, number, number]
  const out = new Uint8Array(data.length)
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = channels * (first + y * below + (mirrored ? width - 1 - x : x) * right)
      for (let c = 0; c < channels; c++) out[to++] = data[from + c]!
    }
  return { width, height, channels, data: out }
}

/** An image as it is, or as gray values 0.299 R + 0.587 G + 0.114 B, or gray values as RGB. */
export const withChannels = (image: Image, channels: 1 | 3): Image => {
  const { width, height, data } = image
  if (image.channels === channels) return image
  const at = (i: number): number =>
    channels === 3
      ? data[Math.floor(i / 3)]!
      : 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!
  return { width, height, channels, data: Uint8Array.from({ length: channels * width * height }, (_, i) => Math.round(at(i))) } // prettier-ignore
}
