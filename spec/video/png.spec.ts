import { expect } from 'chai'
import fc from 'fast-check'
import { deflateSync } from 'node:zlib'
import { UserError } from '../../lib/tensor'
import { decodePng, encodePng, type Image } from '../../lib/video/png'
import { pngOf } from './pieces'

const images: fc.Arbitrary<Image> = fc
  .record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom(1 as const, 3 as const),
  })
  .chain(({ width, height, channels }) => {
    const length = width * height * channels
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map(data => ({ width, height, channels, data: Uint8Array.from(data) }))
  })

const image: Image = { width: 5, height: 4, channels: 3, data: Uint8Array.from({ length: 60 }, (_, i) => 41 * i) }

describe('PNG', () => {
  it('decodes what it encoded', () =>
    fc.assert(fc.property(images, image => void expect(decodePng(encodePng(image))).to.deep.equal(image))))

  it('gives the same bytes for the same image', () =>
    fc.assert(fc.property(images, image => void expect(encodePng(image)).to.deep.equal(encodePng(image)))))

  it('refuses a file that ends too early, wherever it ends, and names it', () => {
    const bytes = encodePng(image)
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodePng(bytes.subarray(0, length), 'sheet.png')).to.throw(
        UserError,
        new RegExp(`^sheet\\.png: must be a whole PNG file, got ${length} bytes that do not decode \\(.+\\)$`),
      )
  })

  it('refuses a damaged file', () => {
    const bytes = encodePng(image)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.map((byte, i) => (i === at ? byte ^ flip : byte))
        expect(() => decodePng(damaged)).to.throw(UserError, /^PNG: must be /)
      }),
    )
  })

  it('refuses what is not 8-bit gray or RGB, by its bits and channels', () => {
    for (const [depth, colours, channels, said] of [
      ...[1, 2, 4].map(bits => [bits, 0, 1, `${bits} bits, 1 channels`] as const),
      [16, 0, 1, '16 bits, 1 channels'],
      [16, 2, 3, '16 bits, 3 channels'],
      [8, 4, 2, '8 bits, 2 channels'],
      [8, 6, 4, '8 bits, 4 channels'],
      [8, 3, 1, '8 bits, a palette'],
    ] as const) {
      const rows = Buffer.alloc(2 * (1 + Math.ceil((8 * depth * channels) / 8)))
      const bytes = pngOf({ width: 8, height: 2, depth, colours, palette: colours === 3 }, deflateSync(rows))
      expect(() => decodePng(bytes)).to.throw(UserError, `PNG: must be an 8-bit gray or RGB image, got ${said}`)
    }
  })

  it('refuses sizes that are no sizes, and data of another length', () => {
    expect(() => encodePng({ ...image, width: 0 })).to.throw(UserError, 'width must be a positive integer, got 0')
    expect(() => encodePng({ ...image, height: 1.5 })).to.throw(UserError, 'height must be a positive integer, got 1.5')
    expect(() => encodePng({ ...image, channels: 1 })).to.throw(
      UserError,
      'data must be 4 × 5 × 1 = 20 samples, got 60',
    )
  })
})
