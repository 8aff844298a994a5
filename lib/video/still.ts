/** Still pictures, PNG and JPEG, as RGB images. */
import { UserError } from '../tensor'
import { viewOf } from '../bytes'
import { ascii } from './bytes'
import { type Turn, turned } from './pixels'
import { checkSize, type Image, isAnimated, type Pixels, readPng } from './png'
import { SIGNATURE } from './png-chunks'
import { firstLine } from './video'

/** Whether a file's first bytes are those of a picture that `decodeStill` reads. An animated PNG is a video. */
export const isStill = (head: Uint8Array): boolean => (isPng(head) && !isAnimated(head)) || isJpeg(head)

const isPng = (head: Uint8Array): boolean => SIGNATURE.subarray(0, 4).every((byte, i) => head[i] === byte)

const isJpeg = (head: Uint8Array): boolean => [0xff, 0xd8, 0xff].every((byte, i) => head[i] === byte)

/**
 * The RGB image in a PNG or JPEG file, as it is shown: a camera's word on which side is up (EXIF) is followed. Transparency is
 * left out, and of 16-bit samples the upper 8 bits are taken.
 *
 * @param name what the bytes are called in an error, as a rule the path of their file
 * @param maxPixels how many pixels it may have
 * @throws UserError when the bytes do not decode, or are of more pixels than the limit or of none
 */
export const decodeStill = async (bytes: Uint8Array, name: string, maxPixels: number): Promise<Image> => {
  if (isPng(bytes)) return rgbOf(readPng(bytes, name, maxPixels))
  checkSize(name, jpegSizeOf(bytes), maxPixels)
  try {
    const { decode } = await import('jpeg-js')
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: maxPixels / 1e6,
      // Coefficients, samples and pixels: 12 bytes of each of three colours, and what the file itself takes.
      maxMemoryUsageInMB: Math.ceil((36 * maxPixels + bytes.length) / 2 ** 20) + 64,
    })
    const { degrees, mirrored } = turnOf(bytes)
    return turned({ width, height, channels: 3, data }, degrees, mirrored)
  } catch (cause) {
    throw new UserError(
      `${name}: must be a whole JPEG file, got ${bytes.length} bytes that do not decode (${firstLine(cause)})`,
      { cause },
    )
  }
}

/** The segments of a JPEG before its data: each begins with a marker of two bytes and a length of two. */
const segmentsOf = (bytes: Uint8Array) => {
  const segments: { readonly marker: number; readonly content: Uint8Array }[] = []
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!
    if (marker === 0xda) break
    const length = 256 * bytes[at + 2]! + bytes[at + 3]!
    segments.push({ marker, content: bytes.subarray(at + 4, at + 2 + length) })
    at += 2 + length
  }
  return segments
}

/** The size in a frame's header (ITU-T T.81, B.2.2): SOF0 to SOF15 but for DHT, JPG and DAC. */
const jpegSizeOf = (bytes: Uint8Array) => {
  const frame = segmentsOf(bytes).find(({ marker }) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) // prettier-ignore
  if (frame === undefined || frame.content.length < 5) return undefined
  const [, y1, y0, x1, x0] = frame.content as unknown as [number, number, number, number, number]
  return { width: 256 * x1 + x0, height: 256 * y1 + y0 }
}

/** How pictures of EXIF's orientations 1 to 8 are shown (Exif 2.3, tag 0112). */
const turns: readonly Turn[] = [
  { degrees: 0, mirrored: false },
  { degrees: 0, mirrored: true },
  { degrees: 180, mirrored: false },
  { degrees: 180, mirrored: true },
  { degrees: 90, mirrored: true },
  { degrees: 90, mirrored: false },
  { degrees: 270, mirrored: true },
  { degrees: 270, mirrored: false },
]

const [APP1, ORIENTATION] = [0xe1, 0x112]

/** How a JPEG is shown, by the first EXIF segment: TIFF's header, then a directory of entries of 12 bytes. */
const turnOf = (bytes: Uint8Array): Turn => {
  const exif = segmentsOf(bytes).find(({ marker, content }) => marker === APP1 && ascii(content, 0, 6) === 'Exif\0\0') // prettier-ignore
  if (exif === undefined || exif.content.length < 14) return turns[0]!
  const tiff = exif.content.subarray(6)
  const view = viewOf(tiff)
  const little = tiff[0] === 0x49
  const directory = view.getUint32(4, little)
  if (directory + 2 > tiff.length) return turns[0]!
  for (let i = 0, at = directory + 2; i < view.getUint16(directory, little) && at + 12 <= tiff.length; i++, at += 12)
    if (view.getUint16(at, little) === ORIENTATION) return turns[view.getUint16(at + 8, little) - 1] ?? turns[0]!
  return turns[0]!
}

/** Gray, RGB and palettes, with transparency or without, of 1 to 16 bits, as RGB of 8. */
const rgbOf = ({ width, height, depth, channels, palette, data: samples }: Pixels): Image => {
  const data = new Uint8Array(3 * width * height)
  const scale = palette ? 1 : 255 / (2 ** depth - 1)
  // Samples of less than a byte are packed, and each row begins a byte.
  const perByte = depth < 8 ? 8 / depth : 1
  const rowBytes = Math.ceil((width * channels) / perByte)
  const sample = (row: number, index: number): number => {
    const value = samples[row * rowBytes + Math.floor(index / perByte)]!
    return depth < 8 ? (value >> (8 - depth * ((index % perByte) + 1))) & (2 ** depth - 1) : value
  }
  const colours = channels < 3 ? [0, 0, 0] : [0, 1, 2]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      colours.forEach((from, c) => {
        const value = sample(y, x * channels + from)
        data[3 * (y * width + x) + c] = Math.floor(palette ? (palette[value]?.[c] ?? 0) : value * scale)
      })
  return { width, height, channels: 3, data }
}
