import { expect } from 'chai'
import fc from 'fast-check'
import { UserError } from '../../lib/tensor'
import { boxAt, bytesOf, childrenOf, within } from '../../lib/video/boxes'
import { checkTables } from '../../lib/video/chunks'
import { uint32 } from './pieces'

const types = fc.stringMatching(/^[a-z]{4}$/)
const boxes = fc.array(fc.record({ type: types, content: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 5 })

describe('Boxes', () => {
  it('are read as they were written, one behind the other and within each other', () =>
    fc.assert(
      fc.property(boxes, types, (inner, type) => {
        expect(childrenOf(bytesOf(inner))).to.deep.equal(inner)
        const outer = bytesOf([{ type, content: bytesOf(inner) }])
        const same = inner.filter(box => box.type === inner[0]?.type).map(({ content }) => content)
        expect(within(outer, type, inner[0]?.type ?? 'none')).to.deep.equal(same)
      }),
    ))

  it('hold all the rest with a size of 0, and more than 4 GiB with one of 64 bits', () =>
    fc.assert(
      fc.property(boxes, types, fc.uint8Array({ maxLength: 20 }), (before, type, content) => {
        const of = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat([bytesOf(before), ...parts]))
        const name = Buffer.from(type)
        const all = [...before, { type, content }]
        expect(childrenOf(of(uint32(0), name, content))).to.deep.equal(all)
        const long = of(uint32(1), name, uint32(0, 16 + content.length), content, bytesOf(before))
        expect(childrenOf(long)).to.deep.equal([...all, ...before])
        expect(boxAt(Buffer.concat([uint32(1), name, uint32(3, 5)]), 0).size).to.equal(3 * 2 ** 32 + 5)
      }),
    ))

  it('hold all the rest, too, with a size in which their own beginning has no room', () =>
    fc.assert(
      fc.property(boxes, fc.integer({ min: 2, max: 7 }), fc.nat(15), types, boxes, (before, size, long, type, rest) => {
        const [name, after] = [Buffer.from(type), bytesOf(rest)]
        const of = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat([bytesOf(before), ...parts]))
        expect(childrenOf(of(uint32(size), name, after))).to.deep.equal([...before, { type, content: after }])
        const last = childrenOf(of(uint32(1), name, uint32(0, long), after))
        expect(last).to.deep.equal([...before, { type, content: after }])
      }),
    ))

  it('of any bytes come to an end, whatever sizes they say', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(2 ** 32 - 1)), { maxLength: 20 }), words => {
        const bytes = new Uint8Array(Buffer.concat(words.map(pair => uint32(...pair))))
        const found = childrenOf(bytes)
        expect(found.length).to.be.at.most(bytes.length / 8)
        for (const { content } of found) expect(content.length).to.be.at.most(bytes.length - 8)
      }),
    ))
})

describe('Tables of frames', () => {
  const wrapped = (content: Uint8Array, ...path: readonly string[]): Uint8Array =>
    path.reduceRight((inner, type) => bytesOf([{ type, content: inner }]), content)

  it('of more frames than the file has bytes are refused, be they of times or of offsets', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('stts', 'ctts'),
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 3000 }),
        (type, runs, size) => {
          const rows = Buffer.concat([uint32(0, runs.length), ...runs.map(n => uint32(n, 7))])
          const moov = wrapped(rows, 'trak', 'mdia', 'minf', 'stbl', type)
          const check = () => checkTables(moov, { name: 'x', size })
          if (runs.reduce((a, b) => a + b) <= size) expect(check()).to.equal('soon')
          else
            expect(check).to.throw(
              UserError,
              `x: must be a video, got tables of more frames than its ${size} bytes can hold`,
            )
        },
      ),
    ))

  it('of more frames of one size than the file has bytes are refused before anything is made of them', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        (each, size, more) => {
          const said = Math.min(size + more, 2 ** 32 - 1)
          const moov = wrapped(uint32(0, each, said), 'trak', 'mdia', 'minf', 'stbl', 'stsz')
          expect(() => checkTables(moov, { name: 'x', size })).to.throw(
            UserError,
            `x: must be a video, got tables of more frames than its ${size} bytes can hold`,
          )
        },
      ),
    ))
})
