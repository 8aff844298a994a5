/** Where the frames of an MP4 or MOV lie (ISO/IEC 14496-12, 8.7): in chunks, and in each of them one behind the other. */
import { UserError } from '../tensor'
import { viewOf } from '../bytes'
import { type Box, bytesOf, childrenOf, within } from './boxes'
import { ascii, type Bytes } from './bytes'

/** A table: rows of so many numbers each. It may be that of a damaged file, and is not copied. */
interface Table {
  readonly rows: number
  readonly at: (row: number, column: number) => number
}

/** @param start where the first row begins: behind the version, and how many rows there are */
const tableOf = (content: Uint8Array | undefined, columns: number, start = 8): Table => {
  const view = viewOf(content ?? new Uint8Array(0))
  const rows = Math.max(Math.floor((view.byteLength - start) / (4 * columns)), 0)
  return { rows, at: (row, column) => view.getUint32(start + 4 * (row * columns + column)) }
}

const largest = ({ rows, at }: Table, column: number): number => {
  let most = 0
  for (let row = 0; row < rows; row++) most = Math.max(most, at(row, column))
  return most
}

const total = ({ rows, at }: Table, column: number): number => {
  let sum = 0
  for (let row = 0; row < rows; row++) sum += at(row, column)
  return sum
}

/** What the tables of a track, its `stbl`, say of its frames. */
const chunksOf = (tables: readonly Box[]) => {
  const content = (type: string) => tables.find(box => box.type === type)?.content
  // Rows of the first chunk of several that are alike, counted from 1; the frames of each; and how these are described.
  const runs = tableOf(content('stsc'), 3)
  const [short, long] = [tableOf(content('stco'), 1), tableOf(content('co64'), 2)]
  const chunks = short.rows + long.rows
  const chunkAt = (chunk: number): number =>
    chunk < short.rows ? short.at(chunk, 0) : long.at(chunk - short.rows, 0) * 2 ** 32 + long.at(chunk - short.rows, 1)
  const afterRun = (run: number): number => Math.min(run + 1 < runs.rows ? runs.at(run + 1, 0) : Infinity, chunks + 1)
  const [header, sizes] = [tableOf(content('stsz'), 2, 4), tableOf(content('stsz'), 1, 12)]
  const [same, said] = header.rows > 0 ? [header.at(0, 0), header.at(0, 1)] : [0, 0]
  const frames = same > 0 ? said : Math.min(said, sizes.rows)
  const sizeAt = (frame: number): number => (same > 0 ? same : sizes.at(frame, 0))
  return { runs, chunks, chunkAt, afterRun, frames, sizeAt, packed: content('stz2') !== undefined }
}

/** How many frames a track's chunks have room for. */
const roomIn = ({ runs, afterRun }: ReturnType<typeof chunksOf>): number => {
  let room = 0
  for (let run = 0; run < runs.rows; run++) room += Math.max(afterRun(run) - runs.at(run, 0), 0) * runs.at(run, 1)
  return room
}

const PATH = ['mdia', 'minf', 'stbl'] as const

/** Mediabunny looks for a frame from its chunk's first one on, which takes time with the square of their number. */
const MAX_STEPS = 2e7

/**
 * Checks the tables of a movie. Damaged ones may speak of billions of frames, and keep a reader busy for hours, or of frames that
 * are nowhere.
 *
 * @returns whether any frame is found soon: by these tables, by those with a chunk for each frame (`splitChunks`), or not at all
 * @throws UserError that names the file
 */
export const checkTables = (
  moov: Uint8Array,
  { name, size }: Pick<Bytes, 'name' | 'size'>,
): 'soon' | 'split' | 'not' => {
  const found = new Set<'split' | 'not'>()
  for (const track of within(moov, 'trak')) {
    const tables = within(track, ...PATH).flatMap(childrenOf)
    const timed = tables.filter(({ type }) => type === 'stts' || type === 'ctts')
    const frames = Math.max(0, ...timed.map(({ content }) => total(tableOf(content, 2), 0)))
    const chunks = chunksOf(tables)
    if (Math.max(frames, chunks.frames) > size)
      throw new UserError(`${name}: must be a video, got tables of more frames than its ${size} bytes can hold`)
    if (!isVideo(track)) continue
    const room = roomIn(chunks)
    if (room < chunks.frames)
      throw new UserError(`${name}: must be a video, got tables that place ${room} of its ${chunks.frames} frames`)
    // Of a file that is cut off between two boxes nothing else tells.
    const starts = Float64Array.from({ length: chunks.chunks }, (_, chunk) => chunks.chunkAt(chunk)).sort()
    if (chunks.frames > 0 && starts[0]! >= size)
      throw new UserError(
        `${name}: must be a whole video of ${starts.at(-1)! + 1} bytes or more, got the first ${size}`,
      )
    if (largest(chunks.runs, 1) * frames > MAX_STEPS) found.add(chunks.packed ? 'not' : 'split')
  }
  return found.has('not') ? 'not' : found.has('split') ? 'split' : 'soon'
}

const isVideo = (track: Uint8Array): boolean =>
  within(track, 'mdia', 'hdlr').some(handler => ascii(handler, 8, 12) === 'vide')

/** A movie's boxes with other tables for its video: the same frames in the same places, with a chunk for each. Pure. */
export const splitChunks = (moov: Uint8Array): Uint8Array =>
  bytesOf(changed(childrenOf(moov), 'trak', track => isVideo(track) ? bytesOf(inStbl(childrenOf(track), PATH)) : track)) // prettier-ignore

const changed = (boxes: readonly Box[], type: string, change: (content: Uint8Array) => Uint8Array): readonly Box[] =>
  boxes.map(box => (box.type === type ? { type, content: change(box.content) } : box))

const inStbl = (boxes: readonly Box[], [type, ...rest]: readonly string[]): readonly Box[] =>
  type === undefined ? split(boxes) : changed(boxes, type, content => bytesOf(inStbl(childrenOf(content), rest)))

const split = (tables: readonly Box[]): readonly Box[] => {
  const { runs, chunkAt, afterRun, frames, sizeAt } = chunksOf(tables)
  const offsets = new DataView(new ArrayBuffer(8 + 8 * frames))
  offsets.setUint32(4, frames)
  const described: number[] = []
  let frame = 0
  for (let run = 0; run < runs.rows && frame < frames; run++) {
    described.push(frame + 1, 1, runs.at(run, 2))
    for (let chunk = runs.at(run, 0); chunk < afterRun(run); chunk++)
      for (let i = 0, at = chunkAt(chunk - 1); i < runs.at(run, 1) && frame < frames; i++) {
        offsets.setBigUint64(8 + 8 * frame, BigInt(at))
        at += sizeAt(frame++)
      }
  }
  const rows = new DataView(new ArrayBuffer(8 + 4 * described.length))
  rows.setUint32(4, described.length / 3)
  described.forEach((number, i) => rows.setUint32(8 + 4 * i, number))
  return [
    ...tables.filter(({ type }) => !['stsc', 'stco', 'co64'].includes(type)),
    { type: 'stsc', content: new Uint8Array(rows.buffer) },
    { type: 'co64', content: new Uint8Array(offsets.buffer) },
  ]
}

/** What is read of a file in which another movie box stands for its own. */
export const withMovie = (
  { size, read }: Pick<Bytes, 'size' | 'read'>,
  { at, moov }: Movie,
): Pick<Bytes, 'size' | 'read'> => {
  const box = bytesOf([{ type: 'moov', content: moov }])
  return {
    size: size + box.length,
    read: async (from, length) => {
      const to = Math.min(from + length, size + box.length)
      const out = new Uint8Array(Math.max(to - from, 0))
      if (from < size) out.set(await read(from, Math.min(to, size) - from))
      // Of a box of this type readers take the size alone.
      ;[...'free'].forEach((letter, i) => {
        const place = at + 4 + i - from
        if (place >= 0 && place < out.length) out[place] = letter.charCodeAt(0)
      })
      if (to > size) out.set(box.subarray(Math.max(from - size, 0), to - size), Math.max(size - from, 0))
      return out
    },
  }
}

/** A movie box to be read behind the end of a file, and where the one begins that it stands for. */
export interface Movie {
  readonly at: number
  readonly moov: Uint8Array
}
