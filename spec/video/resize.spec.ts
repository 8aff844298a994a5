import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FrameSize, type Image, resizeImage, resizeInto, vitNormalisation } from '../../lib/video'

interface Case {
  readonly channels: 1 | 3
  readonly size: readonly [number, number]
  readonly resized: readonly [number, number]
  readonly pixels: readonly number[]
  readonly values: readonly number[]
}
const file = join(__dirname, '../../fixtures/video/resize.json')
const cases: readonly Case[] = JSON.parse(readFileSync(file, 'utf8'))

const sizes: fc.Arbitrary<FrameSize> = fc.record({
  height: fc.integer({ min: 1, max: 12 }),
  width: fc.integer({ min: 1, max: 12 }),
})
const images: fc.Arbitrary<Image> = fc
  .tuple(sizes, fc.constantFrom(1 as const, 3 as const))
  .chain(([{ height, width }, channels]) =>
    fc
      .uint8Array({ minLength: height * width * channels, maxLength: height * width * channels })
      .map(data => ({ height, width, channels, data })),
  )

const asBytes = { mean: 0, deviation: 1 / 255 }

/** A picture at another size as its planes, unrounded. */
const planes = (image: Image, resized: FrameSize, normalisation = asBytes): Float32Array => {
  const plane = resized.height * resized.width
  const out = new Float32Array(image.channels * plane)
  resizeInto(out, image, { ...resized, resized, top: 0, left: 0 }, normalisation, { offset: 0, channelStride: plane })
  return out
}

describe('Resized frames', () => {
  for (const { channels, size, resized, pixels, values } of cases)
    it(`agree with PyTorch: ${size.join(' × ')} to ${resized.join(' × ')}, ${channels} channels`, () => {
      const image = { channels, height: size[0], width: size[1], data: Uint8Array.from(pixels) }
      const made = planes(image, { height: resized[0], width: resized[1] })
      expect(made).to.have.lengthOf(values.length)
      made.forEach((v, i) => expect(v).to.be.closeTo(values[i]!, 1e-4))
    })

  it('are the picture itself at its own size', () =>
    fc.assert(fc.property(images, image => void expect(resizeImage(image, image)).to.deep.equal(image))))

  it('as bytes are the nearest to what they are unrounded', () =>
    fc.assert(
      fc.property(images, sizes, (image, size) => {
        const [made, exact] = [resizeImage(image, size), planes(image, size)]
        const plane = size.height * size.width
        made.data.forEach((v, i) => {
          const at = (i % image.channels) * plane + Math.floor(i / image.channels)
          expect(Math.abs(v - exact[at]!)).to.be.at.most(0.5)
        })
      }),
    ))

  it('keep within the colours of the picture', () =>
    fc.assert(
      fc.property(images, sizes, (image, size) => {
        const [low, high] = [Math.min(...image.data), Math.max(...image.data)]
        for (const v of planes(image, size)) expect(v).to.be.within(low - 1e-4, high + 1e-4)
      }),
    ))

  it('are mirrored when the picture is', () =>
    fc.assert(
      fc.property(images, sizes, (image, size) => {
        const mirror = (x: number, width: number) => width - 1 - x
        const { width, channels } = image
        const data = image.data.map((_, i) => {
          const [pixel, c] = [Math.floor(i / channels), i % channels]
          const row = Math.floor(pixel / width)
          return image.data[channels * (row * width + mirror(pixel % width, width)) + c]!
        })
        const [made, mirrored] = [planes(image, size), planes({ ...image, data }, size)]
        made.forEach((v, i) => {
          const [row, x] = [Math.floor(i / size.width), i % size.width]
          expect(mirrored[row * size.width + mirror(x, size.width)]!).to.be.closeTo(v, 1e-3)
        })
      }),
    ))

  it('show through a window what is there of the whole', () =>
    fc.assert(
      fc.property(images, sizes, fc.nat(11), fc.nat(11), (image, resized, top, left) => {
        fc.pre(top < resized.height && left < resized.width)
        const [height, width] = [resized.height - top, resized.width - left]
        const whole = planes(image, resized)
        const part = new Float32Array(image.channels * height * width + 1)
        const channelStride = height * width
        resizeInto(part, image, { resized, top, left, height, width }, asBytes, { offset: 1, channelStride })
        for (let c = 0; c < image.channels; c++)
          for (let i = 0; i < height; i++)
            for (let j = 0; j < width; j++)
              expect(part[1 + (c * height + i) * width + j]).to.equal(
                whole[(c * resized.height + top + i) * resized.width + left + j],
              )
      }),
    ))

  it('are normalised: (v − mean) / deviation, by channel where there are several (decision D13)', () => {
    const image: Image = { height: 1, width: 2, channels: 3, data: Uint8Array.of(0, 51, 255, 255, 102, 0) }
    const near = (made: Float32Array, expected: readonly number[]) =>
      made.forEach((v, i) => expect(v).to.be.closeTo(expected[i]!, 1e-6))
    near(planes(image, image, vitNormalisation as typeof asBytes), [-1, 1, -0.6, -0.2, 1, -1])
    const out = new Float32Array(6)
    const window = { height: 1, width: 2, resized: image, top: 0, left: 0 }
    resizeInto(out, image, window, { mean: [0, 0.2, 1], deviation: [1, 0.5, 0.25] }, { offset: 0, channelStride: 2 })
    near(out, [0, 1, 0, 0.4, 0, -4])
  })

  it('refuse a window beyond the picture, and means that are not one for each channel', () => {
    const image: Image = { height: 4, width: 4, channels: 3, data: new Uint8Array(48) }
    const window = { resized: image, top: 2, left: 0, height: 3, width: 4 }
    const place = { offset: 0, channelStride: 16 }
    expect(() => resizeInto(new Float32Array(48), image, window, asBytes, place)).to.throw(
      'crop must be within 4 × 4 pixels, got 3 × 4 from (2, 0)',
    )
    for (const [top, left] of [
      [-1, 0],
      [0, -1],
      [0, 1],
    ] as const)
      // prettier-ignore
      expect(() => resizeInto(new Float32Array(48), image, { ...window, top, left }, asBytes, place)).to.throw(
        `crop must be within 4 × 4 pixels, got 3 × 4 from (${top}, ${left})`,
      )
    for (const [name, values] of [
      ['mean', [0, 0]],
      ['mean', [0, 0, 0, 0]],
      ['deviation', [1, 1]],
      ['deviation', [1, 1, 1, 1]],
    ] as const)
      // prettier-ignore
      expect(() =>
        resizeInto(new Float32Array(48), image, { ...window, top: 0 }, { mean: 0, deviation: 1, [name]: values }, place),
      ).to.throw(`${name} must be one number or 3, got ${values.length}`)
  })
})
