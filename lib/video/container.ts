/** Whether a video's file is whole, as far as its container tells. */
import { UserError } from '../tensor'
import type { Bytes } from './bytes'

/**
 * Checks that a file does not end before its container does. MP4 and MOV (ISO/IEC 14496-12) are a row of boxes that begin
 * with their sizes; WebM and Matroska (RFC 8794) hold everything in a segment that may say its size. Other files pass.
 *
 * @throws UserError that names the file, the bytes it should have and those it has
 */
export const checkWhole = async (bytes: Bytes): Promise<void> => {
  const head = await bytes.read(0, 64)
  const expected = isBoxes(head) ? await endOfBoxes(bytes) : isMatroska(head) ? endOfSegment(head) : 0
  if (expected > bytes.size)
    throw new UserError(
      `${bytes.name}: expected a whole video of ${expected} bytes or more, found the first ${bytes.size}`,
    )
}

const isBoxes = (head: Uint8Array): boolean =>
  ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot'].includes(String.fromCharCode(...head.subarray(4, 8)))

/** Where the last box ends. Tables of frames are checked on the way. */
const endOfBoxes = async (bytes: Bytes): Promise<number> => {
  let at = 0
  while (at + 8 <= bytes.size) {
    const { type, size } = boxAt(await bytes.read(at, 16), bytes.size - at)
    if (type === 'moov' && at + size <= bytes.size) checkTables(await bytes.read(at + 8, size - 8), bytes)
    at += size
  }
  return at
}

/** The box that begins with some bytes. A size of 0 is that of all the rest, and 1 says that it follows in 64 bits. */
const boxAt = (head: Uint8Array, rest: number) => {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const short = view.getUint32(0)
  const size = short === 1 && head.length >= 16 ? Number(view.getBigUint64(8)) : short
  return { type: String.fromCharCode(...head.subarray(4, 8)), size: size < 8 ? rest : size }
}

/** Boxes that hold the tables of frames, and tables that say how many frames each of their rows stands for. */
const folders = ['trak', 'mdia', 'minf', 'stbl']
const runs = ['stts', 'ctts']

/** A damaged table may speak of billions of frames, and keep its reader busy with them for hours. */
const checkTables = (boxes: Uint8Array, bytes: Bytes): void => {
  for (let at = 0; at + 8 <= boxes.length;) {
    const { type, size } = boxAt(boxes.subarray(at, at + 16), boxes.length - at)
    const content = boxes.subarray(at + 8, at + size)
    if (folders.includes(type)) checkTables(content, bytes)
    if (runs.includes(type) && framesIn(content) > bytes.size)
      throw new UserError(`${bytes.name}: expected a video, found tables of more frames than its ${bytes.size} bytes can hold`) // prettier-ignore
    at += size
  }
}

/** The frames of a table: after its version and the number of its rows, each row is a number of frames and a value. */
const framesIn = (table: Uint8Array): number => {
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  let frames = 0
  for (let at = 8; at + 8 <= table.length; at += 8) frames += view.getUint32(at)
  return frames
}

const isMatroska = (head: Uint8Array): boolean => [0x1a, 0x45, 0xdf, 0xa3].every((byte, i) => head[i] === byte)

/** Where the segment ends that follows the header; 0 where that is not said. */
const endOfSegment = (head: Uint8Array): number => {
  const header = variableInteger(head, 4)
  const start = 4 + header.length + header.value
  if (![0x18, 0x53, 0x80, 0x67].every((byte, i) => head[start + i] === byte)) return 0
  const segment = variableInteger(head, start + 4)
  return segment.unknown ? 0 : start + 4 + segment.length + segment.value
}

/** An integer whose first byte's leading zeros say how many bytes follow; all ones stand for "unknown". */
const variableInteger = (bytes: Uint8Array, at: number) => {
  const first = bytes[at] ?? 0
  const length = Math.clz32(first) - 23
  const most = 2 ** (7 * length)
  let value = first & (0xff >> length)
  for (let i = 1; i < length; i++) value = 256 * value + (bytes[at + i] ?? 0)
  return { length, value, unknown: value === most - 1 }
}
