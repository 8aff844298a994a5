/** What the first bytes of a video's file, and the boxes that it is made of, say of it. */
import { UserError } from '../tensor'
import { viewOf } from '../bytes'
import { boxAt, childrenOf, MAX_BOXES } from './boxes'
import { ascii, type Bytes } from './bytes'
import { checkTables, type Movie, splitChunks } from './chunks'

/** What a file is, as far as its container tells without a decoder. */
export interface Container {
  /** What people call it; undefined where its bytes are none that are known. */
  readonly name: string | undefined
  /** Whether Mediabunny finds any frame of it by its time, and soon. */
  readonly indexed: boolean
  /** What finds its frames sooner than its own tables do. */
  readonly movie?: Movie | undefined
}

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

/** What is often found under a video's name and is none, by how it begins; and what to do about it. */
const strangers: readonly (readonly [begins: RegExp, what: string])[] = [
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS: 'git lfs pull' brings the file"],
  [/^\s*<(!doctype html|html|head|body)/i, 'a page of HTML, as servers send it where a download fails'],
  [/^#EXTM3U/, 'a list of other files (M3U), which are not followed: name one of them'],
  [
    /^.{4}(styp|moof|sidx)/s,
    'a segment of MP4 without its beginning: cat INIT SEGMENT > video.mp4 makes a video of both',
  ],
]

/**
 * Looks at a file's container, and checks that the file does not end before it does. MP4 and MOV (ISO/IEC 14496-12) are a row
 * of boxes that begin with their sizes; WebM and Matroska (RFC 8794) hold everything in a segment that may say its size, and
 * AVI in a list that does. Other files pass.
 *
 * @throws UserError that names the file, the bytes it should have and those it has, or what it is instead of a video
 */
export const inspect = async (bytes: Bytes): Promise<Container> => {
  const head = await bytes.read(0, 256)
  const name = containerOf(head)
  const stranger =
    name === undefined ? strangers.find(([begins]) => begins.test(ascii(head, 0, head.length))) : undefined
  if (stranger) throw new UserError(`${bytes.name}: must be a video, got ${stranger[1]}`)
  const found: Partial<Container> & { readonly end?: number } =
    name === 'MP4 or MOV'
      ? await boxesOf(bytes, head)
      : name === 'Matroska or WebM'
        ? await segmentOf(bytes, head)
        : name === 'AVI'
          ? { end: endOfList(head) }
          : {}
  const { end = 0, indexed = false, movie } = found
  if (end > bytes.size)
    throw new UserError(`${bytes.name}: must be a whole video of ${end} bytes or more, got the first ${bytes.size}`)
  return { name, indexed, movie }
}

/** Where the last box ends, whether a reader finds its way by the tables of frames, and the movie by which it finds it sooner. */
const boxesOf = async (bytes: Bytes, head: Uint8Array) => {
  const read = ahead(bytes)
  let [at, count, indexed] = [0, 0, ascii(head, 4, 8) === 'ftyp']
  let movie: Movie | undefined
  while (at + 8 <= bytes.size) {
    if (++count > MAX_BOXES)
      throw new UserError(`${bytes.name}: must be a video of at most ${MAX_BOXES} boxes, got more of them`)
    const { type, size, header } = boxAt(await read(at, 16), bytes.size - at)
    if (type === 'moov' && at + size <= bytes.size) {
      if (size > MAX_TABLES)
        throw new UserError(`${bytes.name}: must have tables of at most ${MAX_TABLES} bytes, got ${size}`)
      const moov = await bytes.read(at + header, size - header)
      indexed &&= childrenOf(moov).length < MANY_BOXES
      const found = indexed ? checkTables(moov, bytes) : 'not'
      indexed = found !== 'not'
      if (found === 'split') movie = { at, moov: splitChunks(moov) }
    }
    at += size
  }
  // A movie behind the end of the file is found where the last box ends there.
  return { end: at, indexed: indexed && (movie === undefined || at === bytes.size), movie }
}

/** Tables of days of video take less: about 20 bytes for a frame. */
const MAX_TABLES = 2 ** 29
const MANY_BOXES = 10_000

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
const endOfList = (head: Uint8Array): number => viewOf(head).getUint32(4, true)
