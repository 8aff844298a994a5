/** Animated pictures: APNG, which is PNG with chunks that other readers pass over. */
import { UserError } from '../tensor'
import { concatBytes } from '../bytes'
import { encodePng, type Image } from './png'
import { contentsOf, SIGNATURE } from './png-chunks'

/**
 * The bytes of an APNG file (PNG, third edition) that shows images one after the other, again and again. Readers that know
 * PNG alone show the first. Pure.
 *
 * @param delay milliseconds that each is shown
 * @throws UserError when there is none, or their sizes or channels differ
 */
export const encodeApng = (images: readonly Image[], delay: number): Uint8Array => {
  const [first] = images
  if (first === undefined) throw new UserError('images must be one or more, got none')
  const { width, height, channels } = first
  for (const image of images)
    if (image.width !== width || image.height !== height || image.channels !== channels)
      throw new UserError(
        `images must all be ${width} × ${height} × ${channels}, got ${image.width} × ${image.height} × ${image.channels}`,
      )
  const packed = images.map(encodePng)
  let sequence = 0
  const frames = packed.flatMap((png, i) => {
    // What to show: size, place, time; the next one takes the whole place, and nothing shines through.
    const control = bytes([sequence++, width, height, 0, 0], [delay, 1000], [0, 0])
    const drawn = contentsOf(png, 'IDAT').map(content => (i === 0 ? chunk('IDAT', content) : chunk('fdAT', concatBytes([bytes([sequence++]), content])))) // prettier-ignore
    return [chunk('fcTL', control), ...drawn]
  })
  return concatBytes([
    SIGNATURE,
    ...contentsOf(packed[0]!, 'IHDR').map(content => chunk('IHDR', content)),
    chunk('acTL', bytes([images.length, 0])),
    ...frames,
    chunk('IEND', bytes([])),
  ])
}

/** Numbers of 32, 16 and 8 bits, the highest byte first. */
const bytes = (words: readonly number[], halves: readonly number[] = [], last: readonly number[] = []): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4 * words.length + 2 * halves.length + last.length))
  words.forEach((n, i) => view.setUint32(4 * i, n))
  halves.forEach((n, i) => view.setUint16(4 * words.length + 2 * i, n))
  last.forEach((n, i) => view.setUint8(4 * words.length + 2 * halves.length + i, n))
  return new Uint8Array(view.buffer)
}

/** A chunk: length, name, content, checksum of both. */
const chunk = (type: string, content: Uint8Array): Uint8Array => {
  const named = concatBytes([new TextEncoder().encode(type), content])
  return concatBytes([bytes([content.length]), named, bytes([crc32(named)])])
}

/** The checksum of PNG, Annex D of its specification: the division of bits by a polynomial of degree 32. */
const crc32 = (data: Uint8Array): number => {
  let rest = 0xffffffff
  for (const byte of data) rest = CRC[(rest ^ byte) & 0xff]! ^ (rest >>> 8)
  return ~rest >>> 0
}
const CRC = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1
  return rest
})
