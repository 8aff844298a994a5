/** The chunks of PNG files: each is a length, a type, its content, and a checksum of both. */
import { viewOf } from '../bytes'
import { ascii } from './bytes'

/** What a PNG file begins with. */
export const SIGNATURE = /* @__PURE__ */ Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A chunk, and where in the file it is. */
export interface Chunk {
  readonly type: string
  readonly from: number
  readonly to: number
}

/** The chunks of a file, the last one perhaps cut off. */
export const chunksOf = (png: Uint8Array): readonly Chunk[] => {
  const view = viewOf(png)
  const chunks: Chunk[] = []
  for (let at = SIGNATURE.length; at + 8 <= png.length;) {
    const to = at + 12 + view.getUint32(at)
    chunks.push({ type: ascii(png, at + 4, at + 8), from: at, to })
    at = to
  }
  return chunks
}

/** What the chunks of a type hold. */
export const contentsOf = (png: Uint8Array, type: string, chunks = chunksOf(png)): readonly Uint8Array[] =>
  chunks.filter(chunk => chunk.type === type).map(({ from, to }) => png.subarray(from + 8, to - 4))
