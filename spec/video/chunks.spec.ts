/** Where the tables of an MP4 say that frames are. */
import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openVideo } from '../../lib/video'
import { type Box, bytesOf, childrenOf, within } from '../../lib/video/boxes'
import { checkTables, splitChunks, withMovie } from '../../lib/video/chunks'
import { temporaryFiles } from './datasets/files'
import { uint32 } from './pieces'

const fixture = readFileSync(join(__dirname, '../../fixtures/videos/h264.mp4'))

/** A table: its version, the number of its rows, these. */
const table = (type: string, columns: number, values: readonly number[]): Box => ({
  type,
  content: uint32(0, values.length / columns, ...values),
})
const holding = (type: string, ...children: readonly Box[]): Box => ({ type, content: bytesOf(children) })
const movie = (...tables: readonly Box[]): Uint8Array =>
  bytesOf([
    holding(
      'trak',
      holding(
        'mdia',
        { type: 'hdlr', content: Buffer.from('\0\0\0\0\0\0\0\0vide\0\0\0\0', 'latin1') },
        holding('minf', holding('stbl', ...tables)),
      ),
    ),
  ])
/** The rows of a table of a movie. */
const rowsOf = (moov: Uint8Array, type: string): readonly number[] => {
  const [content] = within(moov, 'trak', 'mdia', 'minf', 'stbl', type)
  const view = new DataView(content!.buffer, content!.byteOffset, content!.length)
  return Array.from({ length: (content!.length - 8) / 4 }, (_, i) => view.getUint32(8 + 4 * i))
}

/** Frames in chunks with gaps between them, and the tables that say so. */
const layouts = fc
  .record({
    chunks: fc.array(fc.record({ sizes: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 6 }), gap: fc.nat(50), description: fc.integer({ min: 1, max: 2 }) }), { minLength: 1, maxLength: 12 }), // prettier-ignore
    long: fc.boolean(),
  })
  .map(({ chunks, long }) => {
    let at = long ? 2 ** 33 : 100
    const starts: number[] = []
    const offsets = chunks.flatMap(({ sizes, gap }) => {
      at += gap
      starts.push(at)
      return sizes.map(size => ((at += size), at - size))
    })
    const runs = chunks.flatMap(({ sizes, description }, i) => {
      const before = chunks[i - 1]
      const isNew = before?.sizes.length !== sizes.length || before.description !== description
      return isNew ? [i + 1, sizes.length, description] : []
    })
    const split = (offset: number): readonly number[] => [Math.floor(offset / 2 ** 32), offset % 2 ** 32]
    const tables = [
      table('stts', 2, [offsets.length, 1]),
      table('stsc', 3, runs),
      long ? table('co64', 2, starts.flatMap(split)) : table('stco', 1, starts),
      { type: 'stsz', content: uint32(0, 0, offsets.length, ...chunks.flatMap(({ sizes }) => sizes)) },
    ]
    return { tables, offsets: offsets.flatMap(split), descriptions: chunks.flatMap(({ sizes, description }) => sizes.map(() => description)) } // prettier-ignore
  })

describe('Tables with a chunk for each frame', () => {
  it('place every frame where the tables of larger chunks place it, with its description', () =>
    fc.assert(
      fc.property(layouts, ({ tables, offsets, descriptions }) => {
        const split = splitChunks(movie(...tables))
        expect(rowsOf(split, 'co64')).to.deep.equal(offsets)
        const runs = rowsOf(split, 'stsc')
        const found = descriptions.map((_, frame) => {
          const run = runs.filter((first, i) => i % 3 === 0 && first <= frame + 1).length - 1
          return runs.slice(3 * run + 1, 3 * run + 3)
        })
        expect(found).to.deep.equal(descriptions.map(description => [1, description]))
        expect(rowsOf(split, 'stts')).to.deep.equal([descriptions.length, 1])
      }),
    ))

  it('are read behind the end of the file, in the place of those that are hidden', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.uint8Array({ maxLength: 20 }), fc.nat(10), fc.nat(90), fc.nat(90), async (file, moov, at, from, length) => {
        const bytes = { size: file.length, read: async (start: number, n: number) => file.slice(start, start + n) }
        const { size, read } = withMovie(bytes, { at, moov })
        const all = Buffer.concat([file, bytesOf([{ type: 'moov', content: moov }])])
        all.write('free', at + 4, 'latin1')
        expect(size).to.equal(all.length)
        expect([...(await read(from, length))]).to.deep.equal([...all.subarray(from, from + length)])
      }),
    )) // prettier-ignore

  it('are needed where a chunk has thousands of frames', () => {
    const bytes = { name: 'v.mp4', size: 1e6 }
    const tables = (frames: number, each: number, type = 'stsz'): Uint8Array =>
      movie(table('stts', 2, [frames, 1]), table('stsc', 3, [1, each, 1]), table('stco', 1, Array.from({ length: Math.ceil(frames / each) }, () => 1)), { type, content: uint32(0, 0, frames, ...Array.from({ length: frames }, () => 1)) }) // prettier-ignore
    expect(checkTables(tables(20_000, 100), bytes)).to.equal('soon')
    expect(checkTables(tables(20_000, 5000), bytes)).to.equal('split')
    expect(checkTables(tables(20_000, 5000, 'stz2'), bytes)).to.equal('not')
  })
})

describe('An MP4 whose table of chunks', () => {
  const { write } = temporaryFiles()
  /** The fixture, whose one chunk holds all 75 frames, with another number of them. */
  const ofChunk = (frames: number): string => {
    const bytes = Buffer.from(fixture)
    const at = bytes.indexOf('stsc')
    expect([bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 16)]).to.deep.equal([1, 75])
    bytes.writeUInt32BE(frames, at + 16)
    return write(`${frames}.mp4`, bytes)
  }
  const framesOf = async (path: string): Promise<readonly Uint8Array[]> => {
    const video = await openVideo(path)
    const images: Uint8Array[] = []
    for await (const { data } of video.read([0, 30, 74, 3])) images.push(data)
    video.close()
    return [Uint8Array.of(video.frames), ...images]
  }

  for (const frames of [76, 1000, 300_000, 0x7fffffff, 0xffffffff])
    it(`speaks of ${frames} frames where there are 75 has those`, async () => {
      const expected = await framesOf(ofChunk(75))
      expect(expected[0]![0]).to.equal(75)
      expect(await framesOf(ofChunk(frames))).to.deep.equal(expected)
    })

  for (const frames of [0, 1, 74])
    it(`places ${frames} of its 75 frames is refused`, async () => {
      const path = ofChunk(frames)
      const message = await openVideo(path).then(String, (error: Error) => error.message)
      expect(message).to.equal(`${path}: must be a video, got tables that place ${frames} of its 75 frames`)
    })

  it('has its boxes written as they are read', () => {
    const at = fixture.indexOf('moov')
    const moov = fixture.subarray(at + 4, at - 4 + fixture.readUInt32BE(at - 4))
    expect(Buffer.from(bytesOf(childrenOf(moov))).equals(moov)).to.equal(true)
  })
})
