import { expect } from 'chai'
import fc from 'fast-check'
import { fromPlanes, fromRgbx, turned, withChannels } from '../../lib/video/pixels'
import type { Image } from '../../lib/video'

const images: fc.Arbitrary<Image> = fc
  .record({ height: fc.integer({ min: 1, max: 7 }), width: fc.integer({ min: 1, max: 7 }) })
  .chain(({ height, width }) =>
    fc
      .uint8Array({ minLength: 3 * height * width, maxLength: 3 * height * width })
      .map(data => ({ height, width, channels: 3 as const, data })),
  )

describe('Pictures that are turned', () => {
  it('are themselves after four quarters, two halves, or two mirrors', () =>
    fc.assert(
      fc.property(images, image => {
        const quarter = (picture: Image) => turned(picture, 90)
        expect(quarter(quarter(quarter(quarter(image))))).to.deep.equal(image)
        expect(turned(turned(image, 180), 180)).to.deep.equal(image)
        expect(turned(turned(image, 0, true), 0, true)).to.deep.equal(image)
      }),
    ))

  it('by 180 and 270 degrees are turned by 90 twice and thrice; mirrors come last', () =>
    fc.assert(
      fc.property(images, image => {
        const half = turned(turned(image, 90), 90)
        expect(turned(image, 180)).to.deep.equal(half)
        expect(turned(image, 270)).to.deep.equal(turned(half, 90))
        expect(turned(image, 90, true)).to.deep.equal(turned(turned(image, 90), 0, true))
      }),
    ))

  it('go clockwise: the lower left corner comes to the upper left', () => {
    const image: Image = { height: 2, width: 3, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
    expect(turned(image, 90)).to.deep.equal({ height: 3, width: 2, channels: 1, data: Uint8Array.of(4, 1, 5, 2, 6, 3) })
  })
})

describe('Colours of a video', () => {
  const size = { width: 1, height: 1 }
  const layout = [0, 1, 2].map(offset => ({ offset, stride: 1 }))
  const convert = (Y: number, U: number, V: number, matrix: 'bt601' | 'bt709' | 'bt2020', full = false) => [
    ...fromPlanes(Uint8Array.of(Y, U, V), layout, 'I444', size, { matrix, full }).data,
  ]

  it('are black at 16 and white at 235, or at 0 and 255', () => {
    expect(convert(16, 128, 128, 'bt601')).to.deep.equal([0, 0, 0])
    expect(convert(235, 128, 128, 'bt709')).to.deep.equal([255, 255, 255])
    expect(convert(0, 128, 128, 'bt2020', true)).to.deep.equal([0, 0, 0])
    expect(convert(255, 128, 128, 'bt601', true)).to.deep.equal([255, 255, 255])
  })

  // Rec. ITU-R BT.801's 100 % colour bars, as 8-bit samples.
  it('are red and blue where the standards have them', () => {
    const near = (made: readonly number[], expected: readonly number[]) =>
      made.forEach((v, c) => expect(v, `${made.join()} for ${expected.join()}`).to.be.closeTo(expected[c]!, 2))
    near(convert(81, 90, 240, 'bt601'), [255, 0, 0])
    near(convert(41, 240, 110, 'bt601'), [0, 0, 255])
    near(convert(63, 102, 240, 'bt709'), [255, 0, 0])
    near(convert(32, 240, 118, 'bt709'), [0, 0, 255])
  })

  it('come from the same samples, however these are laid out', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 24 }), bytes => {
        // 4 × 4 pixels: 16 of brightness, 2 × 2 of either colour.
        const [Y, U, V] = [bytes.subarray(0, 16), bytes.subarray(16, 20), bytes.subarray(20)]
        const space = { matrix: 'bt601', full: true } as const
        const four = { width: 4, height: 4 }
        const spread = (plane: Uint8Array, dy: 0 | 1, dx: 0 | 1) =>
          Uint8Array.from({ length: (4 >> dy) * (4 >> dx) }, (_, i) => {
            const [y, x] = [Math.floor(i / (4 >> dx)) << dy, (i % (4 >> dx)) << dx]
            return plane[2 * (y >> 1) + (x >> 1)]!
          })
        const all = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]))
        const rows = (...planes: [number, number][]) => planes.map(([offset, stride]) => ({ offset, stride }))
        const I420 = fromPlanes(bytes, rows([0, 4], [16, 2], [20, 2]), 'I420', four, space)
        const pairs = Uint8Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? U : V)[i >> 1]!)
        expect(fromPlanes(all(Y, pairs), rows([0, 4], [16, 4]), 'NV12', four, space)).to.deep.equal(I420)
        const I422 = all(Y, spread(U, 0, 1), spread(V, 0, 1))
        expect(fromPlanes(I422, rows([0, 4], [16, 2], [24, 2]), 'I422', four, space)).to.deep.equal(I420)
        const I444 = all(Y, spread(U, 0, 0), spread(V, 0, 0))
        expect(fromPlanes(I444, rows([0, 4], [16, 4], [32, 4]), 'I444', four, space)).to.deep.equal(I420)
      }),
    ))

  it('of four bytes lose the last', () =>
    expect(fromRgbx(Uint8Array.of(1, 2, 3, 9, 4, 5, 6, 9), { width: 2, height: 1 }).data).to.deep.equal(
      Uint8Array.of(1, 2, 3, 4, 5, 6),
    ))

  it('become gray and back: gray stays as it is, and green is brighter than red than blue', () => {
    const gray: Image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 200) }
    expect(withChannels(withChannels(gray, 3), 1)).to.deep.equal(gray)
    const colours: Image = { width: 3, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255) }
    expect([...withChannels(colours, 1).data]).to.deep.equal([76, 150, 29])
  })
})
