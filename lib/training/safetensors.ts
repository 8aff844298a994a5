/** The safetensors format: 8 bytes of header length, a JSON header, and the numbers, little-endian. */
import { fromArray, flat, type Real, sizeOf, type Tensor, UserError } from '../tensor'

export interface Tensors {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

const TYPES = { F32: { dtype: 'float32', bytes: 4 }, F64: { dtype: 'float64', bytes: 8 } } as const

/** Writes named tensors and text metadata as one file's bytes. The header is padded so that the numbers start at a
 *  multiple of 8. */
export const encodeSafetensors = ({ tensors, metadata }: Tensors): Uint8Array => {
  const header: Record<string, unknown> = { __metadata__: metadata }
  const parts: Real[] = []
  let at = 0
  for (const [name, x] of tensors) {
    const data = flat(x)
    header[name] = {
      dtype: x.dtype === 'float32' ? 'F32' : 'F64',
      shape: x.shape,
      data_offsets: [at, (at += data.byteLength)],
    }
    parts.push(data)
  }
  const text = Buffer.from(JSON.stringify(header))
  const start = 8 + Math.ceil(text.length / 8) * 8
  const file = Buffer.alloc(start + at, ' ')
  file.writeBigUInt64LE(BigInt(start - 8))
  text.copy(file, 8)
  let to = start
  for (const data of parts) {
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(file, to)
    to += data.byteLength
  }
  return file
}

/** Reads a file's bytes strictly. Throws UserError that says what is wrong: too short, a header that is not JSON, an
 *  unknown type, sizes that do not fit the shape, parts that overlap or leave holes, bytes left over.
 *  @param name the file, for the message */
export const decodeSafetensors = (bytes: Uint8Array, name: string): Tensors => {
  const fail = (why: string): never => {
    throw new UserError(`${name}: not a whole safetensors file: ${why}`)
  }
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < 8) fail(`8 bytes of header length expected, but the file has ${file.length}`)
  const length = file.readBigUInt64LE()
  if (length > BigInt(file.length - 8)) fail(`a header of ${length} bytes expected, but only ${file.length - 8} follow`)
  const start = 8 + Number(length)
  const header = parseHeader(file.toString('utf8', 8, start)) ?? fail('its header is not a JSON object')

  const { __metadata__: metadata = {}, ...described } = header
  if (!isRecord(metadata) || Object.values(metadata).some(v => typeof v !== 'string'))
    fail('its metadata should be text')
  const tensors = new Map<string, Tensor>()
  const spans: { tensor: string; from: number; to: number }[] = []
  for (const [tensor, entry] of Object.entries(described)) {
    const {
      dtype,
      shape,
      data_offsets: span,
    } = isRecord(entry) ? entry : fail(`'${tensor}' is not described by an object`)
    const type =
      TYPES[dtype as keyof typeof TYPES] ??
      fail(`'${tensor}' has the type ${JSON.stringify(dtype)}, but F32 or F64 is expected`)
    if (!isSizes(shape)) return fail(`'${tensor}' has the shape ${JSON.stringify(shape)}`)
    if (!isSizes(span) || span.length !== 2) return fail(`'${tensor}' has the place ${JSON.stringify(span)}`)
    const [from, to] = span as [number, number]
    const expected = sizeOf(shape) * type.bytes
    if (to - from !== expected)
      fail(`'${tensor}' of shape [${shape.join(', ')}] needs ${expected} bytes, but has ${to - from}`)
    if (start + to > file.length) fail(`'${tensor}' ends at byte ${start + to}, but the file has ${file.length}`)
    spans.push({ tensor, from, to })
    const copy = Uint8Array.prototype.slice.call(file, start + from, start + to).buffer
    tensors.set(
      tensor,
      fromArray(type.bytes === 4 ? new Float32Array(copy) : new Float64Array(copy), shape, type.dtype),
    )
  }
  spans.sort((a, b) => a.from - b.from || a.to - b.to)
  let end = 0
  for (const { tensor, from, to } of spans) {
    if (from !== end) fail(`'${tensor}' starts at byte ${from} of the data, but ${end} is expected`)
    end = to
  }
  if (start + end !== file.length) fail(`it should end at byte ${start + end}, but has ${file.length}`)
  return { tensors, metadata: metadata as Record<string, string> }
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)
const isSizes = (x: unknown): x is number[] => Array.isArray(x) && x.every(n => Number.isSafeInteger(n) && n >= 0)
const parseHeader = (text: string): Record<string, unknown> | undefined => {
  try {
    const header: unknown = JSON.parse(text)
    return isRecord(header) ? header : undefined
  } catch {
    return undefined
  }
}
