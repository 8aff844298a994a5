/** The header of a safetensors file: which tensors the file holds and where, every word of it checked. */
import type { Source } from '../disk'
import { faultOf } from './safetensors-json'
import { cited, type Shape, shown, UserError } from '../tensor'
import { isRecord } from '../tensor/given'

/** Bits of a number of each of the format's types. */
const BITS = {
  ...{ BOOL: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6, U8: 8, I8: 8 },
  ...{ F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  ...{ U16: 16, I16: 16, F16: 16, BF16: 16, U32: 32, I32: 32, F32: 32, U64: 64, I64: 64, F64: 64, C64: 64 },
} as const
export type FileType = keyof typeof BITS

/** Where a tensor lies in a file: `bytes` bytes from byte `from` of the file on. */
export interface Entry {
  readonly name: string
  readonly type: FileType
  readonly shape: Shape
  readonly from: number
  readonly bytes: number
}
export interface Header {
  /** In the order of their bytes, which they cover without a hole or an overlap. */
  readonly entries: readonly Entry[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The longest header that is read: what the format's own library allows. */
const LONGEST = 100_000_000

/** Reads the header of a file.
 *  @param file its name, for messages
 *  @throws UserError that names the file, the tensor and the fault: a file that ends too early, a header that is not an
 *  object in JSON or has a key twice, metadata that are not text, a type or shape that is none, a size that the shape does
 *  not make, parts that overlap or leave holes, bytes left over */
export const readHeader = (source: Source, file: string): Header => {
  const fail = (why: string): never => {
    throw new UserError(`${file}: not a whole safetensors file: ${why}`)
  }
  const bytes = (count: number, from: number): Uint8Array => {
    const out = new Uint8Array(count)
    source.read(out, from)
    return out
  }
  if (source.size < 8) fail(`must begin with 8 bytes of header length, got ${source.size} in all`)
  const length = new DataView(bytes(8, 0).buffer).getBigUint64(0, true)
  if (length > BigInt(source.size - 8))
    fail(`must have a header of ${length} bytes, got ${source.size - 8} after its length`)
  if (length > LONGEST) fail(`must have a header of at most ${LONGEST} bytes, got ${length}`)
  const start = 8 + Number(length)

  const { __metadata__: metadata = {}, ...described } = parse(bytes(Number(length), 8), fail)
  if (!isRecord(metadata)) return fail(`its metadata must be an object, got ${shown(metadata)}`)
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string') fail(`its metadata ${cited(key)} must be text, got ${shown(value)}`)

  const entries = Object.entries(described)
    .map(([name, description]) => entryOf(name, description, fail))
    .sort((a, b) => a.from - b.from || a.bytes - b.bytes)
  const size = source.size - start
  let end = 0
  for (const { name, from, bytes } of entries) {
    if (from < end) fail(`${cited(name)} starts at byte ${from} of the data, inside of the tensor before it`)
    if (from > end) fail(`bytes ${end} to ${from} of the data, before ${cited(name)}, belong to no tensor`)
    end += bytes
    if (end > size) fail(`${cited(name)} ends at byte ${end} of the data, but there are ${size}`)
  }
  if (end < size) fail(`${size - end} bytes are left over after the last tensor`)
  return {
    entries: entries.map(entry => ({ ...entry, from: start + entry.from })),
    metadata: metadata as Readonly<Record<string, string>>,
  }
}

type Fail = (why: string) => never

const parse = (bytes: Uint8Array, fail: Fail): Record<string, unknown> => {
  const header = attempt(() => {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { text, value: JSON.parse(text) as unknown }
  })
  if (!header || !isRecord(header.value) || !header.text.startsWith('{')) return fail('its header is not a JSON object')
  const fault = faultOf(header.text)
  return fault === undefined ? header.value : fail(fault)
}

const attempt = <T>(f: () => T): T | undefined => {
  try {
    return f()
  } catch {
    return undefined
  }
}

/** One tensor's description, with its place counted from the start of the data. */
const entryOf = (key: string, description: unknown, fail: Fail): Entry => {
  const name = cited(key)
  if (!isRecord(description)) return fail(`${name} must be described by an object, got ${shown(description)}`)
  const { dtype: type, shape, data_offsets: place } = description
  if (!isFileType(type)) return fail(`${name} has the type ${shown(type)}, which the format does not have`)
  if (!areSizes(shape)) return fail(`${name} has the shape ${shown(shape)}`)
  if (!areSizes(place) || place.length !== 2) return fail(`${name} has the place ${shown(place)}`)
  const [from, to] = place as [number, number]
  // As the format's own library counts: what is too much before a 0 is too much.
  let elements = 1n
  for (const n of shape)
    if ((elements *= BigInt(n)) >= ADDRESSES) fail(`${name} of shape ${shown(shape)} would have 2^64 elements or more`)
  const bits = elements * BigInt(BITS[type])
  if (bits >= ADDRESSES) fail(`${name} of shape ${shown(shape)} would need 2^64 bits or more`)
  if (bits % 8n !== 0n) fail(`${name} of shape ${shown(shape)} in ${type} does not end with a whole byte`)
  const needed = bits / 8n
  if (BigInt(to) - BigInt(from) !== needed)
    fail(`${name} of shape ${shown(shape)} in ${type} needs ${needed} bytes, got ${to - from}`)
  return { name: key, type, shape, from, bytes: Number(needed) }
}
const ADDRESSES = 2n ** 64n

const isFileType = (x: unknown): x is FileType => typeof x === 'string' && Object.hasOwn(BITS, x)
/** Whole numbers from 0 on. */
const areSizes = (x: unknown): x is number[] => Array.isArray(x) && x.every(n => Number.isInteger(n) && n >= 0)
