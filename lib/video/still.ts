/** Still pictures, PNG and JPEG, as RGB images. */
import { decode as decodePngFile, type DecodedPng } from 'fast-png'
import { UserError } from '../tensor'
import type { Image } from './png'

/** Whether a file's first bytes are those of a picture that `decodeStill` reads. */
export const isStill = (head: Uint8Array): boolean => isPng(head) || isJpeg(head)

const isPng = (head: Uint8Array): boolean => [0x89, 0x50, 0x4e, 0x47].every((byte, i) => head[i] === byte)

const isJpeg = (head: Uint8Array): boolean => [0xff, 0xd8, 0xff].every((byte, i) => head[i] === byte)

/**
 * The RGB image in a PNG or JPEG file. Transparency is left out, and of 16-bit samples the upper 8 bits are taken.
 *
 * @param name what the bytes are called in an error, as a rule the path of their file
 * @throws UserError when the bytes do not decode
 */
export const decodeStill = async (bytes: Uint8Array, name: string): Promise<Image> => {
  try {
    if (isPng(bytes)) return rgbOf(decodePngFile(bytes, { checkCrc: true }))
    const { decode } = await import('jpeg-js')
    const { width, height, data } = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false })
    return { width, height, channels: 3, data }
  } catch (cause) {
    const reason = String(cause instanceof Error ? cause.message : cause).split('\n')[0]
    throw new UserError(
      `${name}: expected a whole ${isPng(bytes) ? 'PNG' : 'JPEG'} file, found ${bytes.length} bytes that do not decode (${reason})`,
      { cause },
    )
  }
}

/** Gray, RGB and palettes, with transparency or without, of 1 to 16 bits, as RGB of 8. */
const rgbOf = ({ width, height, depth, channels, palette, data: samples }: DecodedPng): Image => {
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
