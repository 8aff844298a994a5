import { expect } from 'chai'
import fc from 'fast-check'
import { UserError } from '../../lib/tensor'
import { classNames, clip, type Difficulty, digitsInMotion, twin } from '../../lib/video'
import { readDigits } from '../../lib/video/node'
import { addDifficulty } from '../../lib/video/difficulty'

const digits = readDigits().train
const seeds = fc.maxSafeInteger()
const indices = fc.nat(100_000)
const sizes = fc.record({ frames: fc.integer({ min: 2, max: 6 }), size: fc.integer({ min: 4, max: 20 }) })
const labels = fc.nat(classNames.length - 1)
const difficulty: fc.Arbitrary<Difficulty> = fc.record({
  clutter: fc.nat(3),
  others: fc.nat(2),
  occlusion: fc.double({ min: 0, max: 0.9, noNaN: true }),
})

const framesOf = (pixels: Float32Array, frames: number): Float32Array[] =>
  Array.from({ length: frames }, (_, t) =>
    pixels.slice((t * pixels.length) / frames, ((t + 1) * pixels.length) / frames),
  )

describe('What makes digits in motion hard', () => {
  it('is nothing where nothing is asked for, bit by bit', () =>
    fc.assert(
      fc.property(seeds, indices, sizes, (seed, index, size) => {
        const plain = clip(seed, index, { digits, ...size })
        const none = clip(seed, index, { digits, ...size, clutter: 0, others: 0, occlusion: 0 })
        expect(none).to.deep.equal(plain)
      }),
    ))

  it('is the same in reverse: a class is its twin reversed, so that the order of frames alone tells them apart', () =>
    fc.assert(
      fc.property(seeds, indices, labels, sizes, difficulty, (seed, index, label, size, hard) => {
        const of = (label: number) =>
          framesOf(clip(seed, index, { digits, ...size, ...hard, label }).pixels, size.frames)
        expect(of(twin(label))).to.deep.equal(of(label).reverse())
      }),
    ))

  it('is a function of the seed and the index, whatever batch a clip is in', () =>
    fc.assert(
      fc.property(seeds, indices, difficulty, fc.nat(4), (seed, first, hard, k) => {
        const { X, labels } = digitsInMotion(seed, { digits, clips: 5, first, ...hard })
        const alone = clip(seed, first + k, { digits, ...hard })
        expect(X.data.slice(k * 1024, (k + 1) * 1024)).to.deep.equal(alone.pixels)
        expect(labels.get(k)).to.equal(alone.label)
      }),
    ))

  it('adds ink and takes none away: the motion stays as it was, and so do the pieces that were there before', () =>
    fc.assert(
      fc.property(seeds, indices, fc.nat(3), fc.nat(2), (seed, index, clutter, others) => {
        const less = clip(seed, index, { digits, clutter, others })
        for (const more of [
          { clutter: clutter + 1, others },
          { clutter, others: others + 1 },
        ]) {
          const harder = clip(seed, index, { digits, ...more })
          expect(harder.motion).to.deep.equal(less.motion)
          expect(harder.pixels.every((v, i) => v >= less.pixels[i]!)).to.equal(true)
        }
      }),
    ))

  it('lies still where it is clutter, and moves where it is another digit', () => {
    const changes = (hard: Difficulty): number =>
      Array.from({ length: 20 }, (_, index) => {
        const [plain, harder] = [clip(1, index, { digits }), clip(1, index, { digits, ...hard })]
        // Where the moving digit is in no frame, what is seen is what was added.
        const away = (i: number): boolean => [0, 1, 2, 3].every(t => plain.pixels[t * 256 + i] === -1)
        const added = framesOf(harder.pixels, 4).map(frame => frame.filter((_, i) => away(i)))
        return added[0]!.some((v, i) => v !== added[1]![i]) ? 1 : 0
      }).reduce<number>((a, b) => a + b, 0)
    expect(changes({ clutter: 3 })).to.equal(0)
    expect(changes({ others: 1 })).to.be.above(15)
  })

  it('hides a square of the same place in all frames, and nothing else', () =>
    fc.assert(
      fc.property(seeds, indices, sizes, fc.double({ min: 0, max: 0.9, noNaN: true }), (seed, index, size, part) => {
        const [plain, hidden] = [{}, { occlusion: part }].map(hard =>
          framesOf(clip(seed, index, { digits, ...size, ...hard }).pixels, size.frames),
        )
        const side = Math.round(part * size.size)
        const square = Array.from({ length: size.size ** 2 }, (_, i) => i).filter(i =>
          hidden!.every(frame => frame[i] === 0),
        )
        expect(square.length).to.be.at.least(side ** 2)
        hidden!.forEach((frame, t) => {
          const changed = [...frame.keys()].filter(i => frame[i] !== plain![t]![i])
          expect(changed.every(i => frame[i] === 0)).to.equal(true)
          const rows = changed.map(i => Math.floor(i / size.size))
          if (rows.length > 0) expect(Math.max(...rows) - Math.min(...rows)).to.be.below(side)
        })
      }),
    ))

  describe('drawn on paper alone', () => {
    const size = 56
    const of = (image: Uint8Array, index: number, hard: Difficulty, frames = 5): Float32Array[] => {
      const out = new Float32Array(frames * size * size).fill(-1)
      addDifficulty(out, { seed: 3, index, digits: { images: [image], labels: Uint8Array.of(1) }, frames, size }, hard)
      return framesOf(out, frames)
    }
    const inkOf = (frame: Float32Array): number => frame.reduce((sum, v) => sum + (v + 1) / 2, 0)
    const centreOf = (frame: Float32Array): readonly [x: number, y: number] => {
      const mean = (coordinate: (i: number) => number) =>
        frame.reduce((sum, v, i) => sum + ((v + 1) / 2) * coordinate(i), 0) / inkOf(frame)
      return [mean(i => (i % size) / size), mean(i => Math.floor(i / size) / size)]
    }
    const all = Array.from({ length: 300 }, (_, index) => index)

    it('is a piece of 10 × 10 pixels of a digit, in every clip, and all over the picture', () => {
      const whole = new Uint8Array(28 * 28).fill(255)
      const pieces = all.map(index => of(whole, index, { clutter: 1 })[0]!)
      const [small, large] = [0.75, 1.05].map(scale => ((10 / 28) * scale * size) ** 2) as [number, number]
      for (const piece of pieces) expect(inkOf(piece)).to.be.within(small / 4.5, large * 1.05)
      const inside = pieces.filter(piece => centreOf(piece).every(at => at > 0.3 && at < 0.7))
      for (const piece of inside) expect(inkOf(piece)).to.be.within(small * 0.95, large * 1.05)
      for (const axis of [0, 1]) {
        const places = pieces.map(piece => centreOf(piece)[axis]!).sort((a, b) => a - b)
        expect(places[0]!).to.be.below(0.12)
        expect(places[150]!).to.be.within(0.42, 0.58)
        expect(places[299]!).to.be.above(0.88)
      }
    })

    it('is another digit that goes from 0.3 to 0.5 of the picture away, and comes back', () => {
      const dot = new Uint8Array(28 * 28).map((_, i) => ([13, 14].includes(i % 28) && [13, 14].includes(Math.floor(i / 28)) ? 255 : 0)) // prettier-ignore
      const clips = all.map(index => of(dot, index, { others: 1 }))
      const full = Math.max(...clips.map(([first]) => inkOf(first!)))
      const seen = clips.filter(clip => clip.every(frame => inkOf(frame) > full / 2))
      expect(seen.length).to.be.above(60)
      const away = seen.map(([first, , middle]) => {
        const [[x, y], [u, v]] = [centreOf(first!), centreOf(middle!)]
        return Math.hypot(u - x, v - y)
      })
      expect(Math.min(...away)).to.be.within(0.28, 0.33)
      expect(Math.max(...away)).to.be.within(0.45, 0.52)
      // Towards every side: of both coordinates each is the larger way in some clips, forwards and backwards.
      const sides = new Set(
        seen.map(([first, , middle]) => {
          const [[x, y], [u, v]] = [centreOf(first!), centreOf(middle!)]
          return Math.abs(u - x) > Math.abs(v - y) ? `x ${Math.sign(u - x)}` : `y ${Math.sign(v - y)}`
        }),
      )
      expect([...sides].sort()).to.deep.equal(['x -1', 'x 1', 'y -1', 'y 1'])
      for (const clip of seen) expect(clip[4]).to.deep.equal(clip[0])
    })

    it('is another digit that goes as far in clips of few frames as in those of many', () => {
      const whole = new Uint8Array(28 * 28).fill(255)
      for (const index of all.slice(0, 20)) {
        const farthest = of(whole, index, { others: 1 })[2]
        for (const frames of [3, 4, 6, 7, 9])
          expect(of(whole, index, { others: 1 }, frames)[Math.floor((frames - 1) / 2)]).to.deep.equal(farthest)
      }
    })

    it('is a square that may be anywhere, to the last row and column', () => {
      const places = all.map(index => of(new Uint8Array(28 * 28), index, { occlusion: 0.9 })[0]!)
      const firsts = places.map(frame => frame.indexOf(0))
      // 50 of 56 pixels: seven rows and seven columns to begin at.
      expect(new Set(firsts.map(at => Math.floor(at / size)))).to.deep.equal(new Set([0, 1, 2, 3, 4, 5, 6]))
      expect(new Set(firsts.map(at => at % size))).to.deep.equal(new Set([0, 1, 2, 3, 4, 5, 6]))
    })
  })

  const refused: readonly (readonly [Difficulty, string])[] = [
    [{ clutter: -1 }, 'clutter must be a whole number of at least 0, got -1'],
    [{ others: 0.5 }, 'others must be a whole number of at least 0, got 0.5'],
    [{ occlusion: 1 }, 'occlusion must be from 0 to below 1, got 1'],
    [{ occlusion: NaN }, 'occlusion must be from 0 to below 1, got NaN'],
  ]
  for (const [hard, text] of refused)
    it(`refuses ${text}`, () => expect(() => clip(1, 0, { digits, ...hard })).to.throw(UserError, text))
})
