import { expect } from 'chai'
import fc from 'fast-check'
import { decodeApng } from 'fast-png'
import { decodePng, encodeApng, type Image } from '../../lib/video'

const sizes = fc.record({
  ...{ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) },
  ...{ channels: fc.constantFrom(1 as const, 3 as const), count: fc.integer({ min: 1, max: 4 }) },
})
const animation: fc.Arbitrary<Image[]> = sizes.chain(({ width, height, channels, count }) => {
  const length = width * height * channels
  const data = fc.uint8Array({ minLength: length, maxLength: length })
  return fc.array(data.map(pixels => ({ width, height, channels, data: pixels })), { minLength: count, maxLength: count }) // prettier-ignore
})

describe('Animated pictures', () => {
  it('give back every picture and how long it is shown; readers of PNG see the first', () =>
    fc.assert(
      fc.property(animation, fc.integer({ min: 0, max: 65535 }), (images, delay) => {
        const bytes = encodeApng(images, delay)
        const { frames, width, height } = decodeApng(bytes, { checkCrc: true })
        expect([width, height]).to.deep.equal([images[0]!.width, images[0]!.height])
        expect(frames.map(({ data }) => Array.from(data))).to.deep.equal(images.map(({ data }) => Array.from(data)))
        for (const frame of frames) expect((1000 * frame.delayNumber) / frame.delayDenominator).to.equal(delay)
        expect(decodePng(bytes)).to.deep.equal(images[0])
      }),
    ))

  it('are of one size, and at least one', () => {
    const image = (width: number): Image => ({ width, height: 1, channels: 1, data: new Uint8Array(width) })
    expect(() => encodeApng([], 1)).to.throw('images must be one or more, got none')
    expect(() => encodeApng([image(2), image(3)], 1)).to.throw('images must all be 2 × 1 × 1, got 3 × 1 × 1')
  })
})
