/** PNG files: written from images, and read under a limit, so that a few bytes cannot fill the memory. */
import { decode, encode } from 'fast-png'
import { Unzlib } from 'fflate'
import { UserError } from '../tensor'
import { concatBytes, viewOf } from '../bytes'
import { type Chunk, chunksOf, contentsOf, SIGNATURE } from './png-chunks'

/** An image of 8 bits per sample: gray (one channel) or RGB (three), row by row, channels of a pixel together. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

/** What a PNG file holds, of any depth; where there is a palette, `data` are places in it. */
export interface Pixels extends Pick<Image, 'width' | 'height'> {
  readonly depth: number
  readonly channels: number
  readonly palette?: readonly (readonly number[])[]
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array
}

/** How many pixels a picture may have where nothing else is said: 8192 × 8192. */
export const MAX_PIXELS = 2 ** 26

/**
 * The bytes of a PNG file that shows `image`. Pure: the same image gives the same bytes.
 *
 * @throws UserError when a size is not a positive integer, or `data` does not hold height · width · channels samples
 */
export const encodePng = (image: Image): Uint8Array => {
  const { width, height, channels, data } = image
  for (const [name, size] of Object.entries({ width, height }))
    if (!Number.isInteger(size) || size < 1) throw new UserError(`${name} must be a positive integer, got ${size}`)
  if (channels !== 1 && channels !== 3) throw new UserError(`channels must be 1 (gray) or 3 (RGB), got ${channels}`)
  if (data.length !== height * width * channels)
    throw new UserError(
      `data must be ${height} × ${width} × ${channels} = ${height * width * channels} samples, got ${data.length}`,
    )
  return encode({ width, height, channels, data, depth: 8 }, { zlib: { level: 9 } })
}

/**
 * The image that the bytes of a PNG file show; checksums are verified.
 *
 * @param name what the bytes are called in an error, as a rule the path of their file
 * @param maxPixels how many pixels it may have
 * @throws UserError when the bytes are no PNG, end too early or are damaged, or when the image is not 8-bit gray or RGB
 */
export const decodePng = (bytes: Uint8Array, name = 'PNG', maxPixels = MAX_PIXELS): Image => {
  const { width, height, channels, depth, palette, data } = readPng(bytes, name, maxPixels)
  if (depth !== 8 || palette || (channels !== 1 && channels !== 3) || !(data instanceof Uint8Array))
    throw new UserError(
      `${name}: must be an 8-bit gray or RGB image, got ${depth} bits, ${palette ? 'a palette' : `${channels} channels`}`,
    )
  return { width, height, channels, data }
}

/**
 * What a PNG file holds. Of its chunks those are read that its pixels are made of.
 *
 * @throws UserError when the bytes are no whole PNG, or of more pixels than the limit or of none
 */
export const readPng = (bytes: Uint8Array, name: string, maxPixels: number): Pixels => {
  checkSize(name, sizeOf(bytes), maxPixels)
  try {
    const chunks = chunksOf(bytes).filter(({ type }) => ESSENTIAL.includes(type))
    checkUnpacked(bytes, chunks)
    return decode(
      concatBytes([bytes.subarray(0, SIGNATURE.length), ...chunks.map(({ from, to }) => bytes.subarray(from, to))]),
      {
        checkCrc: true,
      },
    )
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split(/:?\s*\n|:\s*$/)
    throw new UserError(`${name}: must be a whole PNG file, got ${bytes.length} bytes that do not decode (${reason})`, {
      cause,
    })
  }
}

/**
 * Checks the size that a picture says it has, before memory is taken for it.
 *
 * @throws UserError when a side is 0, or there are more pixels than the limit
 */
export const checkSize = (
  name: string,
  size: Readonly<{ width: number; height: number }> | undefined,
  maxPixels: number,
): void => {
  if (size === undefined) return
  const { width, height } = size
  if (width > 0 && height > 0 && width * height <= maxPixels) return
  throw new UserError(`${name}: must be a picture of 1 to ${maxPixels} pixels, got ${width} × ${height}`)
}

/** Whether a PNG file shows several pictures, one after the other: its control chunk comes before the first. */
export const isAnimated = (head: Uint8Array): boolean => {
  const types = chunksOf(head).map(({ type }) => type)
  return types.includes('acTL') && !types.slice(0, types.indexOf('acTL')).includes('IDAT')
}

const ESSENTIAL = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']

/** The size in the header; undefined where the file is too short to have one. */
const sizeOf = (bytes: Uint8Array) => {
  if (bytes.length < 24) return undefined
  const view = viewOf(bytes)
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** Deflate makes at most 1032 bytes of one (RFC 1951: 258 bytes of a length of 2 bits). */
const MOST_UNPACKED = 1032

/** What a picture may unpack to beyond its pixels without being looked at: nobody's memory is short of it. */
const SPARE = 2 ** 28

/** Checks that the pixels' data unpack to about as much as the header says, without keeping what they unpack to. */
const checkUnpacked = (bytes: Uint8Array, chunks: readonly Chunk[]): void => {
  const size = sizeOf(bytes)
  if (size === undefined) return
  const [depth, colours] = [bytes[24] ?? 0, [1, 0, 3, 1, 2, 0, 4][bytes[25] ?? 0] ?? 0]
  // A byte before each row; of an interlaced picture there are seven smaller ones.
  const expected = size.height * (1 + Math.ceil((size.width * colours * depth) / 8))
  const data = contentsOf(bytes, 'IDAT', chunks)
  const packed = data.reduce((sum, { length }) => sum + length, 0)
  if (packed * MOST_UNPACKED < expected) throw new Error(`${packed} bytes of data cannot be ${expected} of pixels`)
  if (packed * MOST_UNPACKED < 2 * expected + SPARE) return
  let unpacked = 0
  const inflator = new Unzlib(piece => {
    unpacked += piece.length
    if (unpacked > 2 * expected + SPARE) throw new Error(`data of more than the ${expected} bytes of its pixels`)
  })
  for (const part of data) for (let at = 0; at < part.length; at += PIECE) inflator.push(part.subarray(at, at + PIECE))
}

/** Bytes that are unpacked at a time. */
const PIECE = 2 ** 14
