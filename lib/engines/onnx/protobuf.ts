/** Protocol Buffers, written: what an ONNX file takes of the wire format (https://protobuf.dev/programming-guides/encoding). */
import { concatBytes } from '../../bytes'

/** What a field holds: a whole number, a 32-bit float, text, bytes, or a message of its own. */
export type Kind = 'int' | 'float' | 'string' | 'bytes' | Message
/** The fields of a message by their names: number and kind. Of a list each item is written, and of what is not there nothing. */
export interface Message {
  readonly [field: string]: readonly [number: number, kind: Kind]
}

/** The wire types. */
const [VARINT, LENGTH, FIXED32] = [0, 2, 5]

/** Seven bits in each byte, the lowest first, the eighth set in all but the last; negative numbers modulo 2⁶⁴. */
const varint = (n: number): Uint8Array => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(n))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Uint8Array.from([...bytes, Number(rest)])
}

const float = (x: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, x, true)
  return bytes
}

const sized = (pieces: readonly Uint8Array[]): Uint8Array[] => [
  varint(pieces.reduce((sum, { length }) => sum + length, 0)),
  ...pieces,
]

const field = (number: number, kind: Kind, value: unknown): Uint8Array[] => {
  const tag = (wire: number): Uint8Array => varint(8 * number + wire)
  if (kind === 'int') return [tag(VARINT), varint(value as number)]
  if (kind === 'float') return [tag(FIXED32), float(value as number)]
  const content =
    kind === 'string'
      ? [new TextEncoder().encode(value as string)]
      : kind === 'bytes'
        ? [value as Uint8Array]
        : piecesOf(kind, value as object)
  return [tag(LENGTH), ...sized(content)]
}

const piecesOf = (message: Message, value: object): Uint8Array[] =>
  Object.entries(value).flatMap(([name, x]) => {
    const [number, kind] = message[name]!
    return (x === undefined ? [] : Array.isArray(x) ? x : [x]).flatMap(item => field(number, kind, item))
  })

/** A message as bytes, its large pieces copied once. */
export const encodeMessage = (message: Message, value: object): Uint8Array => concatBytes(piecesOf(message, value))
