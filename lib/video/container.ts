/** What the first bytes of a video's file, and the boxes that it is made of, say of it. */
import { UserError } from '../tensor'
import type { Bytes } from './bytes'

/** What a file is, as far as its container tells without a decoder. */
export interface Container {
  /** What people call it; undefined where its bytes are none that are known. */
  readonly name: string | undefined
  /** Whether Mediabunny finds any frame of it by its time, and soon. */
  readonly indexed: boolean
}

const ascii = (head: Uint8Array, from: number, to: number): string => String.fromCharCode(...head.subarray(from, to))
const begins = (head: Uint8Array, ...bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte)

/** Containers, by how their files begin. */
const signatures: Readonly<Record<string, (head: Uint8Array) => boolean>> = {
  'MP4 or MOV': head => ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot'].includes(ascii(head, 4, 8)),
  'Matroska or WebM': head => begins(head, 0x1a, 0x45, 0xdf, 0xa3),
  AVI: head => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'AVI ',
  WebP: head => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP',
  GIF: head => /^GIF8[79]a/.test(ascii(head, 0, 6)),
  PNG: head => begins(head, 0x89, 0x50, 0x4e, 0x47),
  FLV: head => ascii(head, 0, 3) === 'FLV',
  WMV: head => begins(head, 0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11),
  Ogg: head => ascii(head, 0, 4) === 'OggS',
  'MPEG-PS': head => begins(head, 0, 0, 1, 0xba),
  'MPEG-TS': head => (head[0] === 0x47 && head[188] === 0x47) || (head[4] === 0x47 && head[196] === 0x47),
  'a raw stream of H.264, HEVC or MPEG': head => begins(head, 0, 0, 1) || begins(head, 0, 0, 0, 1),
}

/** The container of a file that begins with some bytes, 200 or more where it has them. */
export const containerOf = (head: Uint8Array): string | undefined =>
  Object.entries(signatures).find(([, is]) => is(head))?.[0]

/**
 * Looks at a file's container, and checks that the file does not end before it does. MP4 and MOV (ISO/IEC 14496-12) are a row
 * of boxes that begin with their sizes; WebM and Matroska (RFC 8794) hold everything in a segment that may say its size, and
 * AVI in a list that does. Other files pass.
 *
 * @throws UserError that names the file, the bytes it should have and those it has
 */
export const inspect = async (bytes: Bytes): Promise<Container> => {
  const head = await bytes.read(0, 256)
  const name = containerOf(head)
  const { end = 0, indexed = false } =
    name === 'MP4 or MOV'
      ? await boxesOf(bytes, head)
      : name === 'Matroska or WebM'
        ? await segmentOf(bytes, head)
        : name === 'AVI'
          ? { end: endOfList(head) }
          : {}
  if (end > bytes.size)
    throw new UserError(`${bytes.name}: must be a whole video of ${end} bytes or more, got the first ${bytes.size}`)
  return { name, indexed }
}

/** More boxes than a video of hours in fragments of single frames has. */
const MAX_BOXES = 300_000

/** Where the last box ends, and whether a reader finds its way by the tables of frames, which are checked. */
const boxesOf = async (bytes: Bytes, head: Uint8Array) => {
  const read = ahead(bytes)
  let [at, count, indexed] = [0, 0, ascii(head, 4, 8) === 'ftyp']
  while (at + 8 <= bytes.size) {
    if (++count > MAX_BOXES)
      throw new UserError(`${bytes.name}: must be a video of at most ${MAX_BOXES} boxes, got more of them`)
    const { type, size } = boxAt(await read(at, 16), bytes.size - at)
    if (type === 'moov' && at + size <= bytes.size) {
      if (size > MAX_TABLES)
        throw new UserError(`${bytes.name}: must have tables of at most ${MAX_TABLES} bytes, got ${size}`)
      indexed &&= checkTables(await bytes.read(at + 8, size - 8), bytes)
    }
    at += size
  }
  return { end: at, indexed }
}

/** Tables of days of video take less: about 20 bytes for a frame. */
const MAX_TABLES = 2 ** 29

/** Reads some bytes where many are read one behind the other: a piece of the file at a time. */
const ahead = (bytes: Bytes): Bytes['read'] => {
  let from = 0
  let piece: Uint8Array = new Uint8Array(0)
  return async (at, length) => {
    if (at < from || at + length > from + piece.length) {
      piece = await bytes.read(at, Math.max(length, 4096))
      from = at
    }
    return piece.subarray(at - from, at - from + length)
  }
}

/** The box that begins with some bytes. A size of 0 is that of all the rest, and 1 says that it follows in 64 bits. */
const boxAt = (head: Uint8Array, rest: number) => {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const short = view.getUint32(0)
  const size = short === 1 && head.length >= 16 ? Number(view.getBigUint64(8)) : short
  return { type: ascii(head, 4, 8), size: size < 8 ? rest : size }
}

/** A chunk's frames are looked for one by one, from its first on: that takes time with the square of their number. */
const MAX_STEPS = 2e7
const MANY_BOXES = 10_000

/**
 * A damaged table may speak of billions of frames, and keep its reader busy with them for hours.
 *
 * @returns whether any frame of the video is found soon
 */
const checkTables = (moov: Uint8Array, bytes: Bytes): boolean => {
  const boxes = childrenOf(moov)
  const within = (parents: readonly Uint8Array[], type: string) => parents.flatMap(parent => childrenOf(parent).filter(child => child.type === type).map(({ content }) => content)) // prettier-ignore
  return (
    boxes.length < MANY_BOXES &&
    within(within([moov], 'trak'), 'mdia').every(media => {
      const tables = within(within([media], 'minf'), 'stbl')
      const [stts, ctts, stsc] = ['stts', 'ctts', 'stsc'].map(type => within(tables, type))
      const frames = Math.max(0, ...[...stts!, ...ctts!].map(table => sumOf(table)))
      if (frames > bytes.size)
        throw new UserError(
          `${bytes.name}: must be a video, got tables of more frames than its ${bytes.size} bytes can hold`,
        )
      const isVideo = within([media], 'hdlr').some(handler => ascii(handler, 8, 12) === 'vide')
      const chunk = Math.max(0, ...stsc!.map(largestChunk))
      return !isVideo || chunk * frames <= MAX_STEPS
    })
  )
}

const childrenOf = (box: Uint8Array) => {
  const children: { readonly type: string; readonly content: Uint8Array }[] = []
  for (let at = 0; at + 8 <= box.length && children.length < MAX_BOXES;) {
    const { type, size } = boxAt(box.subarray(at, at + 16), box.length - at)
    children.push({ type, content: box.subarray(at + 8, at + size) })
    at += size
  }
  return children
}

/** The frames of a table: after its version and the number of its rows, each row is a number of frames and a value. */
const sumOf = (table: Uint8Array): number => {
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  let frames = 0
  for (let at = 8; at + 8 <= table.length; at += 8) frames += view.getUint32(at)
  return frames
}

/** The most frames of a chunk: rows of the first chunk, the frames of each from there on, and how they are described. */
const largestChunk = (table: Uint8Array): number => {
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  let most = 0
  for (let at = 8; at + 12 <= table.length; at += 12) most = Math.max(most, view.getUint32(at + 4))
  return most
}

const [SEGMENT, CLUSTER, CUES] = [0x18538067, 0x1f43b675, 0x1c53bb6b] as const

/** Where the segment ends that follows the header, 0 where that is not said; and whether it has an index, its cues. */
const segmentOf = async (bytes: Bytes, head: Uint8Array) => {
  const header = variableInteger(head, 4)
  let at = 4 + header.length + header.value
  if (idAt(head, at) !== SEGMENT) return {}
  const segment = variableInteger(head, at + 4)
  at += 4 + segment.length
  const end = segment.unknown ? 0 : at + segment.value
  let [indexed, count] = [false, 0]
  const read = ahead(bytes)
  // Elements of the segment: the id of four bytes, then the size. Those with shorter ids are none that matter here.
  while (at + 5 <= bytes.size && !indexed && count++ < MAX_BOXES) {
    const element = await read(at, 12)
    const id = idAt(element, 0)
    const { length, value, unknown } = variableInteger(element, id >>> 28 === 1 ? 4 : 1)
    if (unknown && id === CLUSTER) break
    indexed = id === CUES
    at += (id >>> 28 === 1 ? 4 : 1) + length + value
  }
  return { end, indexed }
}

const idAt = (bytes: Uint8Array, at: number): number =>
  [0, 1, 2, 3].reduce((id, i) => (id * 256 + (bytes[at + i] ?? 0)) >>> 0, 0)

/** An integer whose first byte's leading zeros say how many bytes follow; all ones stand for "unknown". */
const variableInteger = (bytes: Uint8Array, at: number) => {
  const first = bytes[at] ?? 0
  const length = Math.clz32(first) - 23
  const most = 2 ** (7 * length)
  let value = first & (0xff >> length)
  for (let i = 1; i < length; i++) value = 256 * value + (bytes[at + i] ?? 0)
  return { length, value, unknown: value === most - 1 }
}

/** Where an AVI's first list ends. Some writers count its header of 8 bytes in; a recorder that was stopped writes 0. */
const endOfList = (head: Uint8Array): number =>
  new DataView(head.buffer, head.byteOffset, head.length).getUint32(4, true)
