/** Animated pictures: APNG, which is PNG with chunks that other readers pass over. */
import { crc32 } from 'node:zlib'
import { UserError } from '../tensor'
import { encodePng, type Image } from './png'

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
  let sequence = 0
  const frames = images.flatMap((image, i) => {
    // What to show: size, place, time; the next one takes the whole place, and nothing shines through.
    const control = bytes([sequence++, width, height, 0, 0], [delay, 1000], [0, 0])
    const data = chunksOf(encodePng(image)).filter(({ type }) => type === 'IDAT')
    const drawn = data.map(({ content }) => (i === 0 ? chunk('IDAT', content) : chunk('fdAT', Buffer.concat([bytes([sequence++]), content])))) // prettier-ignore
    return [chunk('fcTL', control), ...drawn]
  })
  const head = chunksOf(encodePng(first)).find(({ type }) => type === 'IHDR')!
  return new Uint8Array(
    Buffer.concat([
      SIGNATURE,
      chunk('IHDR', head.content),
      chunk('acTL', bytes([images.length, 0])),
      ...frames,
      chunk('IEND', Buffer.alloc(0)),
    ]),
  )
}

const SIGNATURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Numbers of 32, 16 and 8 bits, the highest byte first. */
const bytes = (words: readonly number[], halves: readonly number[] = [], last: readonly number[] = []): Buffer => {
  const out = Buffer.alloc(4 * words.length + 2 * halves.length + last.length)
  words.forEach((n, i) => out.writeUInt32BE(n, 4 * i))
  halves.forEach((n, i) => out.writeUInt16BE(n, 4 * words.length + 2 * i))
  out.set(last, 4 * words.length + 2 * halves.length)
  return out
}

/** A chunk: length, name, content, checksum of both. */
const chunk = (type: string, content: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  return Buffer.concat([bytes([content.length]), named, bytes([crc32(named)])])
}

const chunksOf = (png: Uint8Array): readonly { readonly type: string; readonly content: Buffer }[] => {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  const chunks = []
  for (let at = SIGNATURE.length; at + 12 <= file.length;) {
    const length = file.readUInt32BE(at)
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), content: file.subarray(at + 8, at + 8 + length) })
    at += 12 + length
  }
  return chunks
}
