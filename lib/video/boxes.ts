/** Boxes of MP4 and MOV (ISO/IEC 14496-12, 4.2): each begins with its size and its type, and may hold others. */
import { concatBytes, viewOf } from '../bytes'
import { ascii } from './bytes'

export interface Box {
  readonly type: string
  readonly content: Uint8Array
}

/** More boxes than a video of hours in fragments of single frames has. */
export const MAX_BOXES = 300_000

/** The box that begins with some bytes. A size of 0 is that of all the rest, and 1 says that it follows in 64 bits. */
export const boxAt = (head: Uint8Array, rest: number) => {
  const view = viewOf(head)
  const short = view.getUint32(0)
  const header = short === 1 && head.length >= 16 ? 16 : 8
  const size = header === 16 ? Number(view.getBigUint64(8)) : short
  return { type: ascii(head, 4, 8), header, size: size < header ? rest : size }
}

export const childrenOf = (content: Uint8Array): readonly Box[] => {
  const children: Box[] = []
  for (let at = 0; at + 8 <= content.length && children.length < MAX_BOXES;) {
    const { type, header, size } = boxAt(content.subarray(at, at + 16), content.length - at)
    children.push({ type, content: content.subarray(at + header, at + size) })
    at += size
  }
  return children
}

/** The contents of the boxes at the end of a path of types. */
export const within = (content: Uint8Array, ...path: readonly string[]): readonly Uint8Array[] =>
  path.reduce<readonly Uint8Array[]>(
    (contents, type) => contents.flatMap(childrenOf).flatMap(child => (child.type === type ? [child.content] : [])),
    [content],
  )

/** What boxes are written as, one behind the other; none is of 4 GiB or more. */
export const bytesOf = (boxes: readonly Box[]): Uint8Array =>
  concatBytes(
    boxes.flatMap(({ type, content }) => {
      const head = new Uint8Array(8)
      viewOf(head).setUint32(0, 8 + content.length)
      head.set([...type].map(letter => letter.charCodeAt(0)), 4) // prettier-ignore
      return [head, content]
    }),
  )
