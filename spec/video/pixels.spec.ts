import { expect } from 'chai'
import fc from 'fast-check'
import { type ColourSpace, fromGreenBlueRed, fromPlanes, fromRgbx, turned, withChannels } from '../../lib/video/pixels'
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
  const convert = (Y: number, U: number, V: number, matrix: ColourSpace['matrix'], full = false, depth = 8) => {
    const samples = depth > 8 ? Uint16Array : Uint8Array
    const planes = [Y, U, V].map(value => ({ data: samples.of(value), offset: 0, stride: 1, step: 1 }))
    return [...fromPlanes({ planes, dx: 0, dy: 0, depth }, size, { matrix, full }).data]
  }

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

  it('are the same of samples of more bits', () => {
    const spaces = fc.record({
      matrix: fc.constantFrom<ColourSpace['matrix']>('bt601', 'bt709', 'bt2020', 'smpte240m', 'fcc'),
      full: fc.boolean(),
      depth: fc.constantFrom(9, 10, 12, 14, 16),
      samples: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)),
    })
    fc.assert(
      fc.property(spaces, ({ matrix, full, depth, samples: [Y, U, V] }) => {
        // Of all values the highest stays the highest; those of television are multiplied.
        const scale = full ? (2 ** depth - 1) / 255 : 2 ** (depth - 8)
        const deep = [Math.round(Y * scale), ...[U, V].map(v => Math.round(2 ** (depth - 1) + (v - 128) * scale))]
        const clamped = deep.map(v => Math.min(Math.max(v, 0), 2 ** depth - 1)) as [number, number, number]
        const [made, expected] = [convert(...clamped, matrix, full, depth), convert(Y, U, V, matrix, full)]
        made.forEach((v, c) => expect(v, made.join()).to.be.closeTo(expected[c]!, 2))
      }),
    )
  })

  it('of samples beyond the highest are those of the highest', () => {
    const matrices = fc.constantFrom<ColourSpace['matrix']>('bt601', 'bt709', 'bt2020', 'smpte240m', 'fcc')
    const samples = fc.array(fc.nat(65535), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(matrices, fc.boolean(), fc.constantFrom(9, 10, 12, 14), samples, (matrix, full, depth, given) => {
        const of = (data: readonly number[], planes: number): readonly number[] => {
          const plane = (value: number) => ({ data: Uint16Array.of(value), offset: 0, stride: 1, step: 1 })
          return [...fromPlanes({ planes: data.slice(0, planes).map(plane), dx: 0, dy: 0, depth }, size, { matrix, full }).data] // prettier-ignore
        }
        const within = given.map(v => Math.min(v, 2 ** depth - 1))
        for (const planes of [1, 3]) expect(of(given, planes)).to.deep.equal(of(within, planes))
      }),
    )
  })

  it('come back from their own Y, U and V, by each matrix', () =>
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)),
        fc.constantFrom(['bt601', 0.299, 0.114], ['bt709', 0.2126, 0.0722], ['bt2020', 0.2627, 0.0593], ['smpte240m', 0.212, 0.087], ['fcc', 0.3, 0.11] as const), // prettier-ignore
        ([R, G, B], [matrix, kr, kb]) => {
          const [red, blue] = [Number(kr), Number(kb)]
          const Y = red * R + (1 - red - blue) * G + blue * B
          const sample = (v: number) => Math.round(Math.min(Math.max(257 * v, 0), 65535))
          const [U, V] = [128 + (B - Y) / 2 / (1 - blue), 128 + (R - Y) / 2 / (1 - red)]
          const made = convert(sample(Y), sample(U), sample(V), matrix, true, 16)
          made.forEach((v, c) => expect(v).to.be.closeTo([R, G, B][c]!, 1))
        },
      ),
    ))

  it('are the same within 16 to 235 as over all values: colours have 224 steps where brightness has 219', () =>
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)),
        fc.constantFrom<ColourSpace['matrix']>('bt601', 'bt709', 'bt2020', 'smpte240m', 'fcc'),
        (samples, matrix) => {
          const [Y, U, V] = samples.map(v => v / 255) as [number, number, number]
          const all = [Y, U, V].map(v => Math.round(65535 * v)) as [number, number, number]
          // (U − ½) and (V − ½) of a colour are the same of either kind.
          const television = [16 + 219 * Y, 128 + 224 * (U - 0.5), 128 + 224 * (V - 0.5)].map(v => Math.round(256 * v))
          const [full, part] = [convert(...all, matrix, true, 16), convert(...(television as typeof all), matrix, false, 16)] // prettier-ignore
          part.forEach((v, c) => expect(v).to.be.closeTo(full[c]!, 1))
        },
      ),
    ))

  it('of one plane are gray, and of green, blue and red are these', () => {
    const plane = (...values: number[]) => ({ data: Uint16Array.from(values), offset: 0, stride: 1, step: 1 })
    const gray = fromPlanes({ planes: [plane(64, 940)], dx: 0, dy: 0, depth: 10 }, { width: 1, height: 2 }, { matrix: 'bt601', full: false }) // prettier-ignore
    expect([...gray.data]).to.deep.equal([0, 0, 0, 255, 255, 255])
    const rgb = fromGreenBlueRed({ planes: [plane(0), plane(1023), plane(512)], dx: 0, dy: 0, depth: 10 }, size)
    expect([...rgb.data]).to.deep.equal([128, 0, 255])
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
        const made = (data: Uint8Array, dx: number, dy: number, ...planes: [offset: number, stride: number, step: number][]) => // prettier-ignore
          fromPlanes({ planes: planes.map(([offset, stride, step]) => ({ data, offset, stride, step })), dx, dy, depth: 8 }, four, space) // prettier-ignore
        const I420 = made(bytes, 1, 1, [0, 4, 1], [16, 2, 1], [20, 2, 1])
        expect(I420.data.length).to.equal(3 * 16)
        const pairs = Uint8Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? U : V)[i >> 1]!)
        expect(made(all(Y, pairs), 1, 1, [0, 4, 1], [16, 4, 2], [17, 4, 2])).to.deep.equal(I420)
        const I422 = all(Y, spread(U, 0, 1), spread(V, 0, 1))
        expect(made(I422, 1, 0, [0, 4, 1], [16, 2, 1], [24, 2, 1])).to.deep.equal(I420)
        const I440 = all(Y, spread(U, 1, 0), spread(V, 1, 0))
        expect(made(I440, 0, 1, [0, 4, 1], [16, 4, 1], [24, 4, 1])).to.deep.equal(I420)
        const I444 = all(Y, spread(U, 0, 0), spread(V, 0, 0))
        expect(made(I444, 0, 0, [0, 4, 1], [16, 4, 1], [32, 4, 1])).to.deep.equal(I420)
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
