/** The header of a safetensors file: which tensors the file holds and where, every word of it checked. */
import type { Source } from '../disk'
import { type Shape, UserError } from '../tensor'

/** Bytes of a number of each of the format's types. */
const BYTES = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2, U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
} as const
export type FileType = keyof typeof BYTES

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
    if (typeof value !== 'string') fail(`its metadata ${quoted(key)} must be text, got ${shown(value)}`)

  const entries = Object.entries(described)
    .map(([name, description]) => entryOf(name, description, fail))
    .sort((a, b) => a.from - b.from || a.bytes - b.bytes)
  const size = source.size - start
  let end = 0
  for (const { name, from, bytes } of entries) {
    if (from < end) fail(`${quoted(name)} starts at byte ${from} of the data, inside of the tensor before it`)
    if (from > end) fail(`bytes ${end} to ${from} of the data, before ${quoted(name)}, belong to no tensor`)
    end += bytes
    if (end > size) fail(`${quoted(name)} ends at byte ${end} of the data, but there are ${size}`)
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
  const twice = duplicateKey(header.text)
  return twice === undefined ? header.value : fail(`its header has ${quoted(twice)} twice`)
}

const attempt = <T>(f: () => T): T | undefined => {
  try {
    return f()
  } catch {
    return undefined
  }
}

/** The first key that an object in a JSON text has twice; JSON.parse would hide it. */
const duplicateKey = (json: string): string | undefined => {
  const open: Set<string>[] = []
  const tokens = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g
  for (const [token, text, colon] of json.matchAll(tokens)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      const key = JSON.parse(text!) as string // "\u0061" is "a"
      const keys = open.at(-1)!
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

/** One tensor's description, with its place counted from the start of the data. */
const entryOf = (key: string, description: unknown, fail: Fail): Entry => {
  const name = quoted(key)
  if (!isRecord(description)) return fail(`${name} must be described by an object, got ${shown(description)}`)
  const { dtype: type, shape, data_offsets: place } = description
  if (!isFileType(type)) return fail(`${name} has the type ${shown(type)}, which the format does not have`)
  if (!areSizes(shape)) return fail(`${name} has the shape ${shown(shape)}`)
  if (!areSizes(place) || place.length !== 2) return fail(`${name} has the place ${shown(place)}`)
  const [from, to] = place as [number, number]
  const needed = shape.reduce((count, n) => count * n, BYTES[type])
  if (!Number.isSafeInteger(needed)) fail(`${name} of shape ${shown(shape)} would need 2^53 bytes or more`)
  if (to - from !== needed) fail(`${name} of shape ${shown(shape)} in ${type} needs ${needed} bytes, got ${to - from}`)
  return { name: key, type, shape, from, bytes: needed }
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)
const isFileType = (x: unknown): x is FileType => typeof x === 'string' && Object.hasOwn(BYTES, x)
/** Whole numbers from 0 on; 1 / −0 is negative. */
const areSizes = (x: unknown): x is number[] => Array.isArray(x) && x.every(n => Number.isSafeInteger(n) && 1 / n > 0)

/** A name from a file, for a message: in quotes, on one line, and not endless. */
export const quoted = (name: string): string => {
  const line = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
  return `'${line.slice(1, -1)}'`
}

/** A value from a header, for a message. */
const shown = (x: unknown): string => {
  if (typeof x === 'string') return quoted(x)
  if (Array.isArray(x)) return `[${[...x.slice(0, 8).map(flatly), ...(x.length > 8 ? ['…'] : [])].join(', ')}]`
  return flatly(x)
}
/** The same without what is inside of lists and objects, which may be deep. */
const flatly = (x: unknown): string => {
  if (x === undefined) return 'missing'
  if (Array.isArray(x)) return 'a list'
  return isRecord(x) ? 'an object' : typeof x === 'string' ? quoted(x) : Object.is(x, -0) ? '-0' : String(x)
}
