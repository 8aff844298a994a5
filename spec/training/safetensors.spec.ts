import { expect } from 'chai'
import fc from 'fast-check'
import { type DType, flat, fromArray, type Tensor, UserError } from '../../lib/tensor'
import { decodeSafetensors, encodeSafetensors, type TensorFile } from '../../lib/training'
import { readSafetensors, safetensorsChunks } from '../../lib/training/safetensors'
import { expectSame, laidOut, layouts } from '../laws/values'

/** The bytes of a file with this header, whatever it says, and so many bytes of data. */
const fileOf = (header: unknown, data = 0, length?: bigint): Uint8Array => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(length ?? BigInt(text.length))
  return Buffer.concat([start, text, Buffer.alloc(data)])
}
const F32 = (shape: readonly unknown[], from: number, to: number) => ({ dtype: 'F32', shape, data_offsets: [from, to] })
const messageOf = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  return 'nothing is wrong'
}
const read = (bytes: Uint8Array): string => messageOf(() => decodeSafetensors(bytes, 'x.safetensors'))

// ---- random files ----------------------------------------------------------------------------------------------------

const tensorOf: fc.Arbitrary<Tensor> = fc
  .record({
    shape: fc.array(fc.nat(3), { maxLength: 3 }),
    dtype: fc.constantFrom<DType>('float32', 'float64'),
    values: fc.infiniteStream(fc.double()),
  })
  .map(({ shape, dtype, values }) => {
    const n = shape.reduce((a, b) => a * b, 1)
    return fromArray([...values.take(n)], shape, dtype)
  })
/** Names and metadata are any text: empty, `__proto__`, numbers, quotes, line breaks. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('__proto__', '0', '"', '\\', 'a\n', ''),
)
const files = fc.record({
  tensors: fc
    .array(fc.tuple(text, tensorOf), { maxLength: 5 })
    .map(entries => new Map(entries.filter(([name]) => name !== '__metadata__'))),
  metadata: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
})

/** The bytes of all tensors, one after another in the file's order. */
const dataOf = ({ tensors }: Pick<TensorFile, 'tensors'>): Buffer =>
  Buffer.concat([...tensors.values()].map(x => new Uint8Array(new Float64Array(flat(x)).buffer)))

describe('safetensors', () => {
  it('gives back what was written, bit for bit, in its order', () =>
    fc.assert(
      fc.property(files, file => {
        const { tensors, metadata, others } = decodeSafetensors(encodeSafetensors(file), 'x')
        const named = (xs: TensorFile['tensors']): string[] =>
          [...xs].flatMap(([name, x]) => (x.size > 0 ? [name] : []))
        expect(named(tensors)).to.deep.equal(named(file.tensors))
        expect([...tensors.keys()]).to.have.members([...file.tensors.keys()])
        for (const [name, x] of tensors) expectSame(x, file.tensors.get(name)!, name)
        expect(Object.entries(metadata)).to.have.deep.members(Object.entries(file.metadata))
        expect(others.size).to.equal(0)
      }),
    ))

  it('writes strided, reversed and repeated views as their elements in row-major order', () => {
    const x = fromArray(
      Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
    )
    fc.assert(
      fc.property(layouts(3), layout => {
        const view = laidOut(x, layout)
        const { tensors } = decodeSafetensors(encodeSafetensors({ tensors: new Map([['x', view]]), metadata: {} }), 'x')
        expectSame(tensors.get('x')!, view, 'x')
      }),
    )
  })

  it('copies nothing: tensors are written from their own storage, and read into it', () =>
    fc.assert(
      fc.property(files, file => {
        const [, ...chunks] = safetensorsChunks(file)
        const own = [...file.tensors.values()].map(x => x.data.buffer)
        expect(chunks.length === own.length && chunks.every((chunk, i) => chunk.buffer === own[i])).to.be.true
        const bytes = encodeSafetensors(file)
        const filled: ArrayBufferLike[] = []
        const read = (out: Uint8Array, from: number): void => {
          filled.push(out.buffer)
          out.set(bytes.subarray(from, from + out.length))
        }
        const { tensors } = readSafetensors({ size: bytes.length, read }, 'x')
        expect(filled.slice(2).every((buffer, i) => buffer === [...tensors.values()][i]!.data.buffer)).to.be.true
        expect(filled).to.have.length(2 + tensors.size)
      }),
    ))

  it('starts its numbers at a multiple of 8', () =>
    fc.assert(
      fc.property(files, file => {
        const bytes = encodeSafetensors(file)
        expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).to.equal(0n)
      }),
    ))

  it('does not write a tensor under the name of the metadata', () =>
    expect(
      messageOf(() => encodeSafetensors({ tensors: new Map([['__metadata__', fromArray([1])]]), metadata: {} })),
    ).to.equal("'__metadata__' cannot be the name of a tensor"))

  describe('of other types', () => {
    /** Every 16-bit number in a file. */
    const all = (dtype: string): TensorFile => {
      const numbers = Uint16Array.from({ length: 65536 }, (_, i) => i)
      const header = fileOf({ x: { dtype, shape: [65536], data_offsets: [0, 131072] } })
      return decodeSafetensors(Buffer.concat([header, new Uint8Array(numbers.buffer)]), 'x')
    }

    it('reads F16 as float32: every number, subnormal ones, infinities and NaN', () => {
      const x = all('F16').tensors.get('x')!
      expect(x.dtype).to.equal('float32')
      const at = (bits: number): number => x.get(bits)
      expect([0, 1, 0x03ff, 0x0400, 0x3555, 0x3c00, 0x7bff, 0x7c00, 0xbc00, 0xfc00].map(at)).to.deep.equal([
        ...[0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, 1, 65504, Infinity, -1, -Infinity],
      ])
      expect([at(0x7c01), at(0xffff)]).to.deep.equal([NaN, NaN])
      expect(Object.is(at(0x8000), -0), '-0').to.be.true
      // Numbers of one sign are ordered as their bits are.
      for (let bits = 1; bits <= 0x7c00; bits++) {
        expect(at(bits)).to.be.above(at(bits - 1))
        expect(at(bits | 0x8000)).to.equal(-at(bits))
      }
    })

    it('reads BF16 as the float32 of the same upper bits', () => {
      const x = all('BF16').tensors.get('x')!
      expect([0x3f80, 0xc049, 0x0001].map(bits => x.get(bits))).to.deep.equal([1, -3.140625, 2 ** -133])
      const bits = new Uint32Array(flat(x).buffer.slice(0))
      expect(bits.every((b, i) => b === (i << 16) >>> 0 || Number.isNaN(x.get(i)))).to.be.true
    })

    const ids = fileOf({ ids: { dtype: 'I64', shape: [1, 2], data_offsets: [0, 16] }, x: F32([1], 16, 20) }, 20)
    it('names a type that it does not read', () =>
      expect(read(ids)).to.equal("x.safetensors: 'ids' must be of type F32, F64, F16 or BF16, got I64"))
    it('passes over such tensors on request', () => {
      const { tensors, others } = decodeSafetensors(ids, 'x', { passOver: true })
      expect([...tensors.keys()]).to.deep.equal(['x'])
      expect([...others]).to.deep.equal([['ids', 'I64']])
    })
  })

  describe('names what is wrong with a file:', () => {
    const faults: readonly (readonly [what: string, bytes: Uint8Array, message: string])[] = [
      ['nothing in it', Buffer.alloc(0), 'must begin with 8 bytes of header length, got 0 in all'],
      ['no whole length', Buffer.alloc(7), 'must begin with 8 bytes of header length, got 7 in all'],
      ['a header cut off', fileOf('{}', 0, 3n), 'must have a header of 3 bytes, got 2 after its length'],
      [
        'a length beyond 2^53',
        fileOf('{}', 0, 2n ** 64n - 1n),
        'must have a header of 18446744073709551615 bytes, got 2 after its length',
      ],
      ['an empty header', fileOf(''), 'its header is not a JSON object'],
      ['a header that is not JSON', fileOf("{'x': 1}"), 'its header is not a JSON object'],
      ['a header that is a list', fileOf('[]'), 'its header is not a JSON object'],
      ['a header that is null', fileOf('null'), 'its header is not a JSON object'],
      ['a header after spaces', fileOf(' {}'), 'its header is not a JSON object'],
      ['a header after a byte order mark', fileOf('\uFEFF{}'), 'its header is not a JSON object'],
      [
        'a header that is not UTF-8',
        Buffer.concat([fileOf('', 0, 7n), Buffer.from('{"\xff":3}', 'latin1')]),
        'its header is not a JSON object',
      ],
      [
        'a tensor twice',
        fileOf(
          '{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0078":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
          4,
        ),
        "its header has 'x' twice",
      ],
      [
        'a key of a tensor twice',
        fileOf('{"x":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}}', 4),
        "its header has 'shape' twice",
      ],
      ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), "its header has '__metadata__' twice"],
      ['a key of the metadata twice', fileOf('{"__metadata__":{"a":"b","a":"c"}}'), "its header has 'a' twice"],
      ['metadata that are a list', fileOf({ __metadata__: [] }), 'its metadata must be an object, got []'],
      ['metadata that are null', fileOf({ __metadata__: null }), 'its metadata must be an object, got null'],
      ['metadata that are numbers', fileOf({ __metadata__: { step: 3 } }), "its metadata 'step' must be text, got 3"],
      ['a tensor that is no object', fileOf({ x: 3 }), "'x' must be described by an object, got 3"],
      [
        'no type',
        fileOf({ x: { shape: [], data_offsets: [0, 4] } }, 4),
        "'x' has the type missing, which the format does not have",
      ],
      [
        'a type of no format',
        fileOf({ x: { ...F32([], 0, 4), dtype: 'F31' } }, 4),
        "'x' has the type 'F31', which the format does not have",
      ],
      [
        'a type of JavaScript',
        fileOf({ x: { ...F32([], 0, 4), dtype: 'constructor' } }, 4),
        "'x' has the type 'constructor', which the format does not have",
      ],
      ['a negative size', fileOf({ x: F32([-1], 0, 4) }, 4), "'x' must have whole numbers in its shape, got -1"],
      [
        'a size of -0',
        fileOf('{"x":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
        "'x' must have whole numbers in its shape, got -0",
      ],
      [
        'a size that is not whole',
        fileOf({ x: F32([1.5], 0, 6) }, 6),
        "'x' must have whole numbers in its shape, got 1.5",
      ],
      ['a size that is text', fileOf({ x: F32(['1'], 0, 4) }, 4), "'x' has the shape ['1']"],
      [
        'a size beyond 2^53',
        fileOf({ x: F32([2 ** 53], 0, 4) }, 4),
        "'x' of shape [9007199254740992] in F32 needs 36028797018963968 bytes, got 4",
      ],
      [
        'a deep shape',
        fileOf(`{"x":{"dtype":"F32","shape":${'['.repeat(20000)}${']'.repeat(20000)},"data_offsets":[0,4]}}`, 4),
        'its header is nested more than 127 deep',
      ],
      [
        'a long shape',
        fileOf({ x: F32(Array(20).fill('1'), 0, 4) }, 4),
        "'x' has the shape ['1', '1', '1', '1', '1', '1', '1', '1', …]",
      ],
      [
        'a product of sizes beyond 2^53',
        fileOf({ x: F32([2 ** 27, 2 ** 27], 0, 4) }, 4),
        "'x' of shape [134217728, 134217728] in F32 needs 72057594037927936 bytes, got 4",
      ],
      [
        'such a product times 0',
        fileOf({ x: F32([2 ** 30, 2 ** 30, 2 ** 30, 0], 0, 0) }),
        "'x' of shape [1073741824, 1073741824, 1073741824, 0] would have 2^64 elements or more",
      ],
      ['the same behind the 0', fileOf({ x: F32([0, 2 ** 30, 2 ** 30, 2 ** 30], 0, 0) }), 'nothing is wrong'],
      ['a size of 2^53 beside a 0', fileOf({ x: F32([0, 2 ** 53], 0, 0) }), 'nothing is wrong'],
      [
        'a size that is not kept exactly',
        fileOf('{"x":{"dtype":"F32","shape":[0,9007199254740993],"data_offsets":[0,0]}}'),
        "'x' must have numbers that JavaScript keeps exactly in its shape, got 9007199254740993",
      ],
      [
        'a whole number that is written with a point',
        fileOf('{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', 4),
        "'x' must have whole numbers in its shape, got 1.0",
      ],
      [
        'half a character',
        fileOf('{"\\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
        "its header has half a character in '\\ud800'",
      ],
      [
        'numbers elsewhere',
        fileOf('{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4],"y":[1.0,-2e3]}}', 4),
        'nothing is wrong',
      ],
      [
        'numbers of 4 bits that end within a byte',
        fileOf({ x: { dtype: 'F4', shape: [3], data_offsets: [0, 2] } }, 2),
        "'x' of shape [3] in F4 does not end with a whole byte",
      ],
      ...['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ', 'C64'].map(
        type => {
          const bytes = 4 * (type === 'C64' ? 8 : type === 'F4' ? 0.5 : type.startsWith('F6') ? 0.75 : 1)
          const file = fileOf({ x: { dtype: type, shape: [4], data_offsets: [0, bytes] } }, bytes)
          return [
            `the type ${type}`,
            file,
            `x.safetensors: 'x' must be of type F32, F64, F16 or BF16, got ${type}`,
          ] as const
        },
      ),
      [
        'a product that wraps to what is there',
        fileOf({ x: F32([2 ** 32, 2 ** 32], 0, 0) }),
        "'x' of shape [4294967296, 4294967296] would have 2^64 elements or more",
      ],
      ['no place', fileOf({ x: { dtype: 'F32', shape: [] } }, 4), "'x' has the place missing"],
      [
        'a place of three',
        fileOf({ x: { ...F32([], 0, 4), data_offsets: [0, 4, 8] } }, 4),
        "'x' has the place [0, 4, 8]",
      ],
      ['a negative place', fileOf({ x: F32([], -4, 0) }, 4), "'x' must have whole numbers in its data_offsets, got -4"],
      ['a place backwards', fileOf({ x: F32([], 4, 0) }, 4), "'x' of shape [] in F32 needs 4 bytes, got -4"],
      ['too small a place', fileOf({ x: F32([2, 3], 0, 20) }, 20), "'x' of shape [2, 3] in F32 needs 24 bytes, got 20"],
      [
        'an overlap',
        fileOf({ x: F32([2], 0, 8), y: F32([1], 4, 8) }, 8),
        "'y' starts at byte 4 of the data, inside of the tensor before it",
      ],
      [
        'two at one place',
        fileOf({ x: F32([], 0, 4), y: F32([], 0, 4) }, 4),
        "'y' starts at byte 0 of the data, inside of the tensor before it",
      ],
      [
        'a hole',
        fileOf({ x: F32([], 0, 4), y: F32([], 8, 12) }, 12),
        "bytes 4 to 8 of the data, before 'y', belong to no tensor",
      ],
      [
        'a hole at the start',
        fileOf({ x: F32([], 4, 8) }, 8),
        "bytes 0 to 4 of the data, before 'x', belong to no tensor",
      ],
      [
        'data cut off',
        fileOf({ x: F32([], 0, 4), y: F32([2], 4, 12) }, 11),
        "'y' ends at byte 12 of the data, but there are 11",
      ],
      ['bytes left over', fileOf({ x: F32([], 0, 4) }, 5), '1 bytes are left over after the last tensor'],
      ['data without tensors', fileOf({}, 3), '3 bytes are left over after the last tensor'],
      ['a name of many lines', fileOf({ 'a\nb': 3 }), "'a\\u000ab' must be described by an object, got 3"],
    ]
    for (const [what, bytes, message] of faults)
      it(what, () =>
        expect(read(bytes)).to.equal(
          message === 'nothing is wrong' || message.startsWith('x.')
            ? message
            : `x.safetensors: not a whole safetensors file: ${message}`,
        ),
      )

    it('a text of millions of escapes is none', () => {
      const escapes = '\\n'.repeat(4_000_000)
      expect(read(fileOf(`{"__metadata__":{"a":"${escapes}"}}`))).to.equal('nothing is wrong')
    })

    it('a header longer than the format allows', () =>
      expect(read(new Uint8Array(fileOf('', 100_000_001, 100_000_001n)))).to.equal(
        'x.safetensors: not a whole safetensors file: must have a header of at most 100000000 bytes, got 100000001',
      ))
  })

  it('finds a file cut off anywhere', () =>
    fc.assert(
      fc.property(files, fc.nat(), (file, at) => {
        const bytes = encodeSafetensors(file)
        expect(read(bytes.subarray(0, at % bytes.length))).to.match(
          /^x\.safetensors: not a whole safetensors file: [^\n]+$/,
        )
      }),
      { numRuns: 300 },
    ))

  it('reads a damaged header as its data or not at all: a byte changed, gone or too many, anywhere', () => {
    const damage = fc.array(
      fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.constantFrom('changed', 'gone', 'added') }),
      { minLength: 1, maxLength: 3 },
    )
    const outcomes = { read: 0, refused: 0 }
    fc.assert(
      fc.property(files, damage, (file, faults) => {
        const bytes = encodeSafetensors(file)
        const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
        const damaged = faults.reduce<number[]>(
          (before, { at, byte, how }) => {
            const i = at % start
            const middle = { changed: [byte], gone: [], added: [byte, before[i]!] }[how]
            return [...before.slice(0, i), ...middle, ...before.slice(i + 1)]
          },
          [...bytes],
        )
        let found: TensorFile | undefined
        const message = messageOf(() => (found = decodeSafetensors(Uint8Array.from(damaged), 'x', { passOver: true })))
        outcomes[found ? 'read' : 'refused']++
        // Names, metadata and the shape of nothing may have changed; no number may have moved.
        if (!found) expect(message).to.match(/^x: [^\n]+$/)
        else if (found.others.size === 0 && damaged.length === bytes.length)
          expect(dataOf(found).equals(dataOf(file)), 'the data').to.be.true
      }),
      { numRuns: 1000 },
    )
    expect(outcomes.read, 'files read').to.be.above(0)
    expect(outcomes.refused, 'files refused').to.be.above(0)
  })

  it('reads any bytes or says why not', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        expect(read(bytes)).to.match(/^x\.safetensors: [^\n]+$|^nothing is wrong$/)
      }),
    ))

  it('reads megabytes of metadata', () => {
    const long = 'a"\\'.repeat(1_000_000)
    const { metadata } = decodeSafetensors(encodeSafetensors({ tensors: new Map(), metadata: { long } }), 'x')
    expect(metadata['long'] === long).to.be.true
  })
})
