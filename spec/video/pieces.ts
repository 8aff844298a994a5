/** PNG files piece by piece, whole ones and others, and videos that are damaged. */
import { crc32 } from 'node:zlib'

export const uint32 = (...values: readonly number[]): Buffer => {
  const out = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => out.writeUInt32BE(value, 4 * i))
  return out
}
export const chunk = (type: string, content: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  return Buffer.concat([uint32(content.length), named, uint32(crc32(named))])
}

/** What a picture says of itself; `colours` is PNG's number: 0 gray, 2 RGB, 3 a palette, 4 and 6 the first two with transparency. */
interface Said {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colours: number
  readonly palette?: boolean
}
/** A picture that says something of itself, and holds these data, whether they agree or not. */
export const pngOf = (
  { width, height, depth, colours, palette = false }: Said,
  data: Uint8Array,
  ...more: readonly Buffer[]
): Buffer =>
  Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.concat([uint32(width, height), Buffer.from([depth, colours, 0, 0, 0])])),
    ...(palette ? [chunk('PLTE', Buffer.alloc(6))] : []),
    ...more,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])

/** An MP4 with eight bytes of its pictures changed at each of some parts of them: 0 is their beginning, 1 their end. */
export const damagedAt = (source: Uint8Array, ...parts: readonly number[]): Buffer => {
  const bytes = Buffer.from(source)
  const data = bytes.indexOf('mdat') + 4
  for (const part of parts)
    for (let i = 0; i < 8; i++) bytes[Math.floor(data + part * (bytes.length - data)) + i]! ^= 0x5a
  return bytes
}
