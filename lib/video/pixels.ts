/** Decoded pictures as RGB images: from the planes of a video, turned as its player would, in gray. */
import type { Image } from './png'

/** How samples of brightness Y and colour U, V are stored: planes of their own, with fewer samples of colour or not. */
export type Planar = 'I420' | 'I422' | 'I444' | 'NV12'

/** The coefficients that Y was made with, and whether samples use all 256 values or those of television, 16 to 235. */
export type ColourSpace = Readonly<{ matrix: 'bt601' | 'bt709' | 'bt2020'; full: boolean }>

/** The parts of red and blue in Y; green has the rest. */
const luma = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const

/** Where a plane begins, and how far its rows are apart, in bytes. */
export type PlaneLayout = Readonly<{ offset: number; stride: number }>

/**
 * The RGB image of planes, each sample of colour held over the pixels it covers; the last one of a row also over those
 * that have none, as a copy of pictures of odd width leaves it.
 *
 *     Y = K_r R + (1 − K_r − K_b) G + K_b B,  U = (B − Y) / (2 (1 − K_b)),  V = (R − Y) / (2 (1 − K_r))
 */
export const fromPlanes = (
  planes: Uint8Array,
  layout: readonly PlaneLayout[],
  format: Planar,
  { width, height }: Readonly<{ width: number; height: number }>,
  { matrix, full }: ColourSpace,
): Image => {
  const [kr, kb] = luma[matrix]
  const [black, gain, swing] = full ? [0, 1, 1] : [16, 255 / 219, 255 / 224]
  const [rv, bu] = [2 * (1 - kr) * swing, 2 * (1 - kb) * swing]
  const [gv, gu] = [(kr / (1 - kr - kb)) * rv, (kb / (1 - kr - kb)) * bu]
  const dx = format === 'I444' ? 0 : 1
  const dy = format === 'I420' || format === 'NV12' ? 1 : 0
  const step = format === 'NV12' ? 2 : 1
  const [luminance, blue] = [layout[0]!, layout[1]!]
  const red = layout[2] ?? { offset: blue.offset + 1, stride: blue.stride }
  const last = blue.stride / step - 1
  // The clamped array rounds and keeps values within 0 to 255.
  const data = new Uint8ClampedArray(3 * width * height)
  for (let y = 0, out = 0; y < height; y++) {
    const row = luminance.offset + y * luminance.stride
    const [u, v] = [blue.offset + (y >> dy) * blue.stride, red.offset + (y >> dy) * red.stride]
    for (let x = 0; x < width; x++, out += 3) {
      const at = step * Math.min(x >> dx, last)
      const Y = (planes[row + x]! - black) * gain
      const U = planes[u + at]! - 128
      const V = planes[v + at]! - 128
      data[out] = Y + rv * V
      data[out + 1] = Y - gu * U - gv * V
      data[out + 2] = Y + bu * U
    }
  }
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) }
}

/** The RGB image of pixels of four bytes, the last of which says nothing. */
export const fromRgbx = (pixels: Uint8Array, { width, height }: Readonly<{ width: number; height: number }>): Image => {
  const data = new Uint8Array(3 * width * height)
  for (let i = 0, j = 0; i < data.length; i += 3, j += 4) {
    data[i] = pixels[j]!
    data[i + 1] = pixels[j + 1]!
    data[i + 2] = pixels[j + 2]!
  }
  return { width, height, channels: 3, data }
}

/** An image turned clockwise by a number of degrees, and then mirrored from left to right or not. */
export const turned = (image: Image, degrees: 0 | 90 | 180 | 270, mirrored = false): Image => {
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
