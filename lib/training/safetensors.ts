/** The safetensors format: 8 bytes of header length, a JSON header, and the numbers, little-endian. Tensors are written
 *  from where they are and read to where they stay, one after another, so that no second copy of a file is in memory. */
import { concatBytes } from '../bytes'
import { bytes, optional, record, strict, text } from '../tensor/given'
import { tensors } from './kinds'
import { cited, dtypeOf, flat, over, type Real, sizeOf, storage, type Tensor, UserError } from '../tensor'
import type { Source } from '../disk'
import { type FileType, readHeader } from './safetensors-header'

/** Named tensors, and texts beside them. */
export interface Tensors {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}
/** What was read of a file. */
export interface TensorFile extends Tensors {
  /** The types of the tensors that were passed over, by their names. */
  readonly others: ReadonlyMap<string, string>
}

const TYPES = { float32: 'F32', float64: 'F64' } as const

// ---- writing ---------------------------------------------------------------------------------------------------------

/** The bytes of a file, piece by piece: the header, padded so that the numbers start at a multiple of 8, then every tensor's
 *  own storage, which is copied only where it is not contiguous. */
export function* safetensorsChunks({ tensors, metadata }: Tensors): Generator<Uint8Array, void> {
  if (tensors.has('__metadata__')) throw new UserError("'__metadata__' cannot be the name of a tensor")
  let end = 0
  const described = [...tensors].map(([name, x]) => {
    const from = end
    end += sizeOf(x.shape) * (dtypeOf(x) === 'float32' ? 4 : 8)
    return [name, { dtype: TYPES[dtypeOf(x)], shape: x.shape, data_offsets: [from, end] }]
  })
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(described) }))
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(json, 8)
  yield header
  for (const x of tensors.values()) yield bytesOf(flat(x))
}

/** The same bytes in one piece. */
export const encodeSafetensors = strict('encodeSafetensors', { file: tensors }, (file: Tensors): Uint8Array =>
  concatBytes([...safetensorsChunks(file)]),
)

const bytesOf = ({ buffer, byteOffset, byteLength }: Real | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

// ---- reading ---------------------------------------------------------------------------------------------------------

/** How a file of tensors is read. */
export interface Reading {
  /** Whether tensors that are not of F32, F64, F16 or BF16 are passed over, instead of being an error. */
  readonly passOver?: boolean
}

/** Reads a file's tensors, each into its own storage. F16 and BF16 become float32.
 *  @param file its name, for messages
 *  @throws UserError as `readHeader`, and for a tensor of another type */
export const readSafetensors = (source: Source, file: string, { passOver = false }: Reading = {}): TensorFile => {
  const { entries, metadata } = readHeader(source, file)
  const tensors = new Map<string, Tensor>()
  const others = new Map<string, string>()
  for (const { name, type, shape, from } of entries) {
    const numbers = READERS[type]?.(sizeOf(shape), (out: Real | Uint16Array) => source.read(bytesOf(out), from))
    if (numbers) tensors.set(name, over(numbers, shape))
    else if (passOver) others.set(name, type)
    else throw new UserError(`${file}: ${cited(name)} must be of type F32, F64, F16 or BF16, got ${type}`)
  }
  return { tensors, metadata, others }
}

/** Reads a file that is in memory. */
export const decodeSafetensors = strict(
  'decodeSafetensors',
  { bytes, file: text, reading: optional(record) },
  (bytes: Uint8Array, file: string, reading?: Reading): TensorFile =>
    readSafetensors(
      { size: bytes.length, read: (out, from) => out.set(bytes.subarray(from, from + out.length)) },
      file,
      reading,
    ),
)

type Fill = (out: Real | Uint16Array) => void

/** How the numbers of each type become float32 or float64. */
const READERS: Partial<Record<FileType, (n: number, fill: Fill) => Real>> = {
  F32: (n, fill) => filled(storage(n, 'float32'), fill),
  F64: (n, fill) => filled(storage(n, 'float64'), fill),
  F16: (n, fill) => {
    const numbers = new Float32Array(n)
    filled(new Uint16Array(n), fill).forEach((bits, i) => (numbers[i] = half(bits)))
    return numbers
  },
  BF16: (n, fill) => {
    const numbers = new Uint32Array(n)
    filled(new Uint16Array(n), fill).forEach((bits, i) => (numbers[i] = bits << 16)) // the upper half of a float32
    return new Float32Array(numbers.buffer)
  },
}

const filled = <A extends Real | Uint16Array>(out: A, fill: Fill): A => {
  fill(out)
  return out
}

/** A number of IEEE 754's binary16: a sign, 5 bits of exponent and 10 of fraction. */
const half = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24)
}
