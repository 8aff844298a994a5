import { expect } from 'chai'
import fc from 'fast-check'
import { UserError } from '../../lib/tensor'
import { readDigits } from '../../lib/video/digits-files'
import { classNames, clip, digitsInMotion, motionOf, twin } from '../../lib/video/digits-in-motion'

const digits = readDigits().train
const seeds = fc.maxSafeInteger()
const indices = fc.nat(100_000)
const labels = fc.nat(classNames.length - 1)
const sizes = fc.record({ frames: fc.integer({ min: 2, max: 6 }), size: fc.integer({ min: 4, max: 24 }) })

/** The frames of a clip, in their order. */
const framesOf = (pixels: Float32Array, frames: number): readonly Float32Array[] =>
  Array.from({ length: frames }, (_, t) =>
    pixels.slice((t * pixels.length) / frames, ((t + 1) * pixels.length) / frames),
  )

const inkOf = (frame: Float32Array): number => frame.reduce((sum, v) => sum + (v + 1) / 2, 0)

/** The centre of ink, from the middle of the frame, in pixels; y is downwards. */
const centreOf = (frame: Float32Array, size: number): Record<'x' | 'y', number> => {
  const mean = (coordinate: (i: number) => number) =>
    frame.reduce((sum, v, i) => sum + ((v + 1) / 2) * coordinate(i), 0) / inkOf(frame) - (size - 1) / 2
  return { x: mean(i => i % size), y: mean(i => Math.floor(i / size)) }
}

describe('Digits in motion', () => {
  it('gives the same bits for the same seed', () =>
    fc.assert(
      fc.property(seeds, sizes, (seed, { frames, size }) => {
        const make = () => digitsInMotion(seed, { digits, clips: 3, frames, size })
        expect(make()).to.deep.equal(make())
      }),
    ))

  it('gives other clips for another seed, and for another index', () =>
    fc.assert(
      fc.property(seeds, seeds, indices, indices, (seed, other, i, j) => {
        fc.pre(seed !== other || i !== j)
        expect(motionOf(seed, i, 2000)).to.not.deep.equal(motionOf(other, j, 2000))
        expect(clip(seed, i, { digits, label: 0 }).pixels).to.not.deep.equal(
          clip(other, j, { digits, label: 0 }).pixels,
        )
      }),
    ))

  it('makes clip i from seed and i alone, whatever batch it is in', () =>
    fc.assert(
      fc.property(seeds, indices, fc.integer({ min: 1, max: 9 }), fc.nat(8), (seed, first, clips, k) => {
        fc.pre(k < clips)
        const { X, labels } = digitsInMotion(seed, { digits, clips, first })
        const alone = clip(seed, first + k, { digits })
        expect(X.shape).to.deep.equal([clips, 1, 4, 16, 16])
        expect(X.data.slice(k * 1024, (k + 1) * 1024)).to.deep.equal(alone.pixels)
        expect(labels.get(k)).to.equal(alone.label)
      }),
    ))

  it('shows a class as its twin reversed, frame by frame and bit by bit', () =>
    fc.assert(
      fc.property(seeds, indices, labels, sizes, (seed, index, label, { frames, size }) => {
        const of = (label: number) => framesOf(clip(seed, index, { digits, frames, size, label }).pixels, frames)
        expect(of(twin(label))).to.deep.equal([...of(label)].reverse())
      }),
    ))

  it('pairs every leaving class with the arriving one of the same side', () => {
    expect(classNames).to.have.length(8)
    classNames.forEach((name, label) => {
      expect(twin(twin(label))).to.equal(label)
      expect([name, classNames[twin(label)]].sort()).to.deep.equal(
        ['arrives', 'leaves'].map(verb => `${verb} ${name.split(' ')[1]}`),
      )
    })
  })

  it('holds every class once in any 8 clips in a row', () =>
    fc.assert(
      fc.property(seeds, indices, (seed, first) => {
        const { labels } = digitsInMotion(seed, { digits, clips: 8, first })
        expect([...labels.data].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7])
      }),
    ))

  it('moves the digit out of the frame on the side that the label names', () =>
    fc.assert(
      fc.property(seeds, indices, fc.nat(3), (seed, index, label) => {
        const frames = framesOf(clip(seed, index, { digits, label }).pixels, 4)
        const ink = frames.map(inkOf)
        expect(ink[3]!).to.be.below(0.9 * ink[0]!)
        expect(ink[2]!).to.be.below(1.1 * ink[0]!)
        const axis = label < 2 ? 'x' : 'y'
        const sign = label % 2 === 0 ? -1 : 1
        expect(sign * (centreOf(frames[1]!, 16)[axis] - centreOf(frames[0]!, 16)[axis])).to.be.above(0)
      }),
    ))

  it('never repeats: clips that are 65,536 apart are others', () =>
    fc.assert(
      fc.property(
        seeds,
        indices,
        fc.integer({ min: 1, max: 65_000 }),
        (seed, index, k) =>
          void expect(motionOf(seed, index + k * 65_536, 2000)).to.not.deep.equal(motionOf(seed, index, 2000)),
      ),
    ))

  it('starts where its motion says, along its direction and across it', () =>
    fc.assert(
      fc.property(seeds, indices, fc.nat(3), (seed, index, label) => {
        // A digit that is a dot in the middle of its tile shows where the tile is.
        const dot = new Uint8Array(28 * 28).map((_, i) => ([13, 14].includes(i % 28) && [13, 14].includes(Math.floor(i / 28)) ? 255 : 0)) // prettier-ignore
        const size = 48
        const { pixels, motion } = clip(seed, index, {
          digits: { images: [dot], labels: Uint8Array.of(1) },
          size,
          label,
        })
        const { x, y } = centreOf(framesOf(pixels, 4)[0]!, size)
        const [along, across] = motion.start.map(part => part * size) as [number, number]
        const sign = label % 2 === 0 ? -1 : 1
        const [expectedX, expectedY] = label < 2 ? [sign * along, sign * across] : [sign * across, sign * along]
        expect(x).to.be.closeTo(expectedX, 0.3)
        expect(y).to.be.closeTo(expectedY, 0.3)
      }),
    ))

  it('takes most of the ink out of the frame', () => {
    const left = Array.from({ length: 400 }, (_, i) => {
      const frames = framesOf(clip(5, i, { digits, label: i % 4 }).pixels, 4)
      return inkOf(frames[3]!) / inkOf(frames[0]!)
    }).sort((a, b) => a - b)
    expect(left[200]!, 'median').to.be.below(0.1)
    expect(left[360]!, 'ninth decile').to.be.below(0.5)
  })

  it('has values from −1 to 1, paper and ink', () =>
    fc.assert(
      fc.property(seeds, indices, sizes, (seed, index, { frames, size }) => {
        const { pixels } = clip(seed, index, { digits, frames, size })
        expect(pixels.every(v => v >= -1 && v <= 1)).to.equal(true)
        expect(Math.min(...pixels)).to.equal(-1)
        expect(Math.max(...pixels)).to.be.above(-0.9)
      }),
    ))

  it('draws motions evenly over what they can be, unrelated between neighbours', () => {
    const n = 4000
    const spread = ({ angle, scale, start: [along, across], distance }: ReturnType<typeof motionOf>) =>
      [angle / 0.35, (scale - 0.9) / 0.15, along / 0.12, across / 0.12, (distance - 0.725) / 0.125] as const
    const rows = Array.from({ length: n + 1 }, (_, i) => spread(motionOf(7, i, 2000)))
    const others = Array.from({ length: n }, (_, i) => spread(motionOf(8, i, 2000)))
    const mean = (f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0) / n
    for (let k = 0; k < 5; k++) {
      // Uniform on [−1, 1]: mean 0, mean square 1/3; products of unrelated ones have mean 0 and deviation 1/3. Five deviations.
      expect(mean(i => rows[i]![k]!)).to.be.closeTo(0, (5 * Math.sqrt(1 / 3)) / Math.sqrt(n))
      expect(mean(i => rows[i]![k]! ** 2)).to.be.closeTo(1 / 3, 0.03)
      for (let l = 0; l < 5; l++) {
        expect(mean(i => rows[i]![k]! * rows[i + 1]![l]!)).to.be.closeTo(0, 5 / 3 / Math.sqrt(n))
        expect(mean(i => rows[i]![k]! * others[i]![l]!)).to.be.closeTo(0, 5 / 3 / Math.sqrt(n))
      }
    }
    expect(new Set(Array.from({ length: 20_000 }, (_, i) => motionOf(7, i, 2000).digit)).size).to.be.above(1990)
  })
})

describe('Digits in motion refuse', () => {
  it('a clip of one frame, which has no motion', () =>
    void expect(() => clip(0, 0, { digits, frames: 1 })).to.throw(
      UserError,
      'frames must be a whole number of at least 2, got 1',
    ))

  const refusals: readonly (readonly [Parameters<typeof digitsInMotion>, string])[] = [
    [[0, { digits, clips: 0 }], 'clips must be a whole number of at least 1, got 0'],
    [[0, { digits, clips: 1.5 }], 'clips must be a whole number of at least 1, got 1.5'],
    [[0, { digits, clips: 1e12 }], 'clips must be fewer than 1000000000000, which take 3814698 GiB'],
    [[0, { digits, clips: 1, first: -1 }], 'first must be a whole number of at least 0, got -1'],
    [[0, { digits, clips: 1, frames: 0 }], 'frames must be a whole number of at least 2, got 0'],
    [[0, { digits, clips: 1, frames: 1 }], 'frames must be a whole number of at least 2, got 1'],
    [[0, { digits, clips: 1, size: 0 }], 'size must be a whole number of at least 1, got 0'],
    [[0, { digits, clips: 1, size: NaN }], 'size must be a whole number of at least 1, got NaN'],
    [[0.5, { digits, clips: 1 }], 'seed must be a whole number from -9007199254740991 to 9007199254740991, got 0.5'],
    [
      [0, { digits: { images: [], labels: new Uint8Array() }, clips: 1 }],
      'digits must be a whole number of at least 1, got 0',
    ],
  ]
  for (const [given, message] of refusals)
    it(message, () => void expect(() => digitsInMotion(...given)).to.throw(UserError, message))

  it('a label that is no class', () =>
    void expect(() => clip(0, 0, { digits, label: 8 })).to.throw(
      UserError,
      'label must be a whole number from 0 to 7, got 8',
    ))
})
