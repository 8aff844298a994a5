import { expect } from 'chai'
import fc from 'fast-check'
import {
  type CropWindow,
  cropWindows,
  type FrameSize,
  jitteredWindow,
  paperCrops,
  paperJitter,
  withShortSide,
} from '../../lib/video'

const sizes: fc.Arbitrary<FrameSize> = fc.record({
  height: fc.integer({ min: 1, max: 2000 }),
  width: fc.integer({ min: 1, max: 2000 }),
})
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 3, maxLength: 3 })

const isWithin = ({ resized, top, left, height, width }: CropWindow): void => {
  for (const value of [top, left, height, width]) expect(Number.isInteger(value) && value >= 0).to.equal(true)
  expect(top + height).to.be.at.most(resized.height)
  expect(left + width).to.be.at.most(resized.width)
}

describe('The shorter side', () => {
  it('is what was asked for, and the other in proportion', () =>
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 400 }), (size, side) => {
        const resized = withShortSide(size, side)
        expect(Math.min(resized.height, resized.width)).to.equal(side)
        const [long, short] = [Math.max(size.height, size.width), Math.min(size.height, size.width)]
        // Whole numbers alone, as a ratio that is rounded first would lose a pixel.
        expect(Math.max(resized.height, resized.width)).to.equal(Number((BigInt(side) * BigInt(long)) / BigInt(short)))
        if (resized.height !== resized.width) expect(resized.height < resized.width).to.equal(size.height < size.width)
      }),
    ))
})

describe('The longer side', () => {
  it('loses no pixel where it comes out whole: a ratio that is rounded first would', () =>
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 5 }), ({ height, width }, times) => {
        fc.pre(height < width)
        const larger = { height: height * times, width: width * times }
        expect(withShortSide({ height, width }, height * times)).to.deep.equal(larger)
        const turned = withShortSide({ height: width, width: height }, height * times)
        expect(turned).to.deep.equal({ height: larger.width, width: larger.height })
      }),
      { numRuns: 1000 },
    ))
})

describe('Crops in training', () => {
  it('are 224 × 224 pixels within a frame whose shorter side is from 256 to 320 (decision D12)', () =>
    fc.assert(
      fc.property(sizes, chances, (size, chance) => {
        const window = jitteredWindow(size, paperJitter, chance)
        isWithin(window)
        expect([window.height, window.width]).to.deep.equal([224, 224])
        expect(Math.min(window.resized.height, window.resized.width)).to.be.within(256, 320)
      }),
    ))

  it('reach every scale and every place', () => {
    const jitter = { shortSide: [4, 5], crop: 3 } as const
    const made = new Set<string>()
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++)
        for (let k = 0; k < 6; k++) {
          const { resized, top, left } = jitteredWindow({ height: 9, width: 9 }, jitter, [i / 6, j / 6, k / 6])
          made.add([resized.height, top, left].join())
        }
    // Four places in a frame of 4 × 4 pixels, nine in one of 5 × 5.
    expect(made.size).to.equal(4 + 9)
  })
})

describe('Crops at inference', () => {
  it('lie top left, in the centre and bottom right of a frame whose shorter side is 256 (decision D12)', () =>
    fc.assert(
      fc.property(sizes, size => {
        const [first, middle, last] = cropWindows(size, paperCrops) as [CropWindow, CropWindow, CropWindow]
        for (const window of [first, middle, last]) isWithin(window)
        const { height, width } = withShortSide(size, 256)
        expect([first.top, first.left]).to.deep.equal([0, 0])
        expect([last.top, last.left]).to.deep.equal([height - 224, width - 224])
        expect(middle.top).to.equal(Math.floor((height - 224) / 2))
        expect(middle.left).to.equal(Math.floor((width - 224) / 2))
        expect(cropWindows(size, { ...paperCrops, crops: 1 })).to.deep.equal([middle])
      }),
    ))

  it('refuse sizes that do not fit, by name', () => {
    const frame = { height: 9, width: 9 }
    expect(() => cropWindows(frame, { shortSide: 8, crop: 9, crops: 3 })).to.throw(
      'crop must be at most the shorter side, 8, got 9',
    )
    expect(() => cropWindows(frame, { shortSide: 0, crop: 9, crops: 3 })).to.throw(
      'shortSide must be a whole number of at least 1, got 0',
    )
    expect(() => jitteredWindow(frame, { shortSide: [8, 10], crop: 9 }, [0, 0, 0])).to.throw(
      'crop must be at most the shorter side, 8, got 9',
    )
    expect(() => jitteredWindow(frame, { shortSide: [7.5, 10], crop: 4 }, [0, 0, 0])).to.throw(
      'shortSide must be a whole number of at least 1, got 7.5',
    )
    expect(() => jitteredWindow(frame, { shortSide: [8, 7], crop: 4 }, [0, 0, 0])).to.throw(
      'shortSide must be a whole number from 8 on, got 7',
    )
  })
})
