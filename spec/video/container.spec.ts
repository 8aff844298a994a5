import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from '../../lib/video/container'
import { openVideo } from '../../lib/video'
import { temporaryFiles } from './datasets/files'

const bytesOf = (content: Uint8Array) => ({
  name: 'x',
  size: content.length,
  read: async (from: number, length: number) => content.subarray(from, from + length),
  close: async () => undefined,
})

/** A size of EBML in so many bytes (RFC 8794, 4): leading zeros say how many follow; all ones stand for an unknown one. */
const sizeIn = (bytes: number, value?: number): Buffer => {
  const all = value === undefined ? 2n ** BigInt(7 * bytes) - 1n : BigInt(value)
  return Buffer.from((2n ** BigInt(7 * bytes) + all).toString(16).padStart(2 * bytes, '0'), 'hex')
}
const element = (id: string, content: Uint8Array, size = sizeIn(8, content.length)): Buffer =>
  Buffer.concat([Buffer.from(id, 'hex'), size, content])
const header = element('1a45dfa3', Buffer.alloc(3), sizeIn(1, 3))
const [SEGMENT, CLUSTER, CUES, INFO] = ['18538067', '1f43b675', '1c53bb6b', '1549a966'] as const
const found = (...parts: readonly Uint8Array[]) => inspect(bytesOf(new Uint8Array(Buffer.concat(parts))))

const sizes = fc.integer({ min: 1, max: 8 })
const contents = fc.uint8Array({ maxLength: 40 })

describe('A Matroska file', () => {
  it('whose segment has an unknown size is whole wherever it ends, and is indexed where it has cues', () =>
    fc.assert(
      fc.asyncProperty(sizes, contents, contents, fc.boolean(), async (size, info, cluster, cues) => {
        const inside = [element(INFO, info), element(CLUSTER, cluster), ...(cues ? [element(CUES, info)] : [])]
        const { name, indexed } = await found(header, element(SEGMENT, Buffer.concat(inside), sizeIn(size)))
        expect({ name, indexed }).to.deep.equal({ name: 'Matroska or WebM', indexed: cues })
      }),
    ))

  it('that ends before its segment does is refused, with the bytes that it should have', () =>
    fc.assert(
      fc.asyncProperty(contents, fc.integer({ min: 1, max: 12 }), async (info, missing) => {
        const whole = Buffer.concat([header, element(SEGMENT, element(INFO, info))])
        const cut = whole.subarray(0, -Math.min(missing, info.length + 12))
        const message = await found(cut).then(String, (error: Error) => error.message)
        expect(message).to.equal(
          `x: must be a whole video of ${whole.length} bytes or more, got the first ${cut.length}`,
        )
      }),
    ))

  it('has no index behind a cluster of unknown size, whatever its bytes look like', () =>
    fc.assert(
      fc.asyncProperty(sizes, contents, async (size, info) => {
        // What would be cues if the cluster ended where all ones as a number say.
        const like = Buffer.concat([Buffer.alloc(size === 1 ? 127 : 0), element(CUES, info)])
        const { indexed } = await found(header, element(SEGMENT, element(CLUSTER, like, sizeIn(size)), sizeIn(8)))
        expect(indexed).to.equal(false)
      }),
    ))

  const { write } = temporaryFiles()
  it('of unknown size is read, frame by frame, as it is with its size', async () => {
    const fixture = join(__dirname, '../../fixtures/videos/vp9.webm')
    const bytes = readFileSync(fixture)
    const at = bytes.indexOf(Buffer.from(SEGMENT, 'hex')) + 4
    expect(bytes[at]).to.equal(1) // a size in eight bytes
    const [one, other] = [await openVideo(fixture), await openVideo(write('live.webm', Buffer.from(bytes).fill(sizeIn(8), at, at + 8)))] // prettier-ignore
    const images = async ({ read, frames }: typeof one) => {
      const made: string[] = []
      for await (const { data } of read([0, frames - 1])) made.push(Buffer.from(data).toString('base64'))
      return made
    }
    expect(other.times).to.deep.equal(one.times)
    expect(await images(other)).to.deep.equal(await images(one))
    for (const { close } of [one, other]) close()
  })
})
