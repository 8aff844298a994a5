import { expect } from 'chai'
import fc from 'fast-check'
import {
  epochOrder,
  jitteredFrames,
  paperCrops,
  paperJitter,
  paperSampling,
  samplingAt,
  trainingClip,
  viewClips,
  viewFrames,
  vitNormalisation,
} from '../../lib/video'

interface Strided {
  readonly frames: number
  readonly stride: number
}
const samplings: fc.Arbitrary<Strided> = fc.record({
  frames: fc.integer({ min: 1, max: 40 }),
  stride: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0.1, max: 40, noNaN: true })),
})
const counts = fc.integer({ min: 1, max: 2000 })
/** Numbers in [0, 1), the ends among them. */
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const span = ({ frames, stride }: Strided): number => Math.round((frames - 1) * stride) + 1

/** The laws of any clip: T frames of the video, in its order, `stride` apart to the nearest where the video does not end. */
const isClip = (indices: readonly number[], count: number, { frames, stride }: Strided): void => {
  expect(indices).to.have.lengthOf(frames)
  indices.forEach((index, i) => {
    expect(Number.isInteger(index) && index >= 0 && index < count, `frame ${index} of ${count}`).to.equal(true)
    if (i === 0) return
    const step = index - indices[i - 1]!
    expect(step).to.be.within(0, Math.ceil(stride))
    if (step < Math.floor(stride))
      expect(index === count - 1 || indices[i - 1] === 0, 'a shorter step only at an end').to.equal(true)
  })
  const inside = indices.filter(index => index > 0 && index < count - 1)
  const exact = (inside.length - 1) * stride
  if (inside.length > 1) expect(inside.at(-1)! - inside[0]!).to.be.closeTo(exact, 1)
}

describe('Frames of a clip', () => {
  it('are frames of the video, in order, a stride apart up to its ends: any view', () =>
    fc.assert(
      fc.property(counts, samplings, fc.integer({ min: 1, max: 10 }), fc.nat(9), (count, sampling, views, view) => {
        fc.pre(view < views)
        isClip(viewFrames(count, sampling, view, views), count, sampling)
      }),
    ))

  it('are frames of the video, in order, a stride apart up to its ends: in training', () =>
    fc.assert(
      fc.property(counts, samplings, chances, (count, sampling, at) =>
        isClip(jitteredFrames(count, sampling, [at]), count, sampling),
      ),
    ))

  it('are centred: one view leaves as many frames before as after it, give or take one (decision D14)', () =>
    fc.assert(
      fc.property(counts, samplings, (count, sampling) => {
        const indices = viewFrames(count, sampling)
        expect(indices[0]! + indices.at(-1)!).to.be.within(count - 2, count - 1)
      }),
    ))

  it('of several views reach from the first frame of the video to its last, evenly (decision D14)', () =>
    fc.assert(
      fc.property(fc.nat(1000), samplings, fc.integer({ min: 2, max: 10 }), (slack, sampling, views) => {
        const count = span(sampling) + slack
        const starts = Array.from({ length: views }, (_, view) => viewFrames(count, sampling, view, views)[0]!)
        expect(starts[0]).to.equal(0)
        expect(viewFrames(count, sampling, views - 1, views).at(-1)).to.equal(count - 1)
        starts.slice(1).forEach((start, i) => expect(start - starts[i]!).to.be.closeTo(slack / (views - 1), 1))
      }),
    ))

  it('of an odd number of views: the middle one is the only one of one', () =>
    fc.assert(
      fc.property(
        counts,
        samplings,
        fc.nat(4),
        (count, sampling, half) =>
          void expect(viewFrames(count, sampling, half, 2 * half + 1)).to.deep.equal(viewFrames(count, sampling)),
      ),
    ))

  it('of a video that is shorter than the clip are the same in every view and in training', () =>
    fc.assert(
      fc.property(samplings, chances, fc.nat(9), (sampling, at, view) => {
        fc.pre(span(sampling) > 1)
        const count = Math.ceil(span(sampling) / 2)
        const middle = viewFrames(count, sampling)
        expect(viewFrames(count, sampling, view, 10)).to.deep.equal(middle)
        expect(jitteredFrames(count, sampling, [at])).to.deep.equal(middle)
      }),
    ))

  it('of a video of one frame are that frame', () =>
    fc.assert(
      fc.property(samplings, chances, (sampling, at) => {
        const zeros = Array.from({ length: sampling.frames }, () => 0)
        expect(viewFrames(1, sampling, 2, 4)).to.deep.equal(zeros)
        expect(jitteredFrames(1, sampling, [at])).to.deep.equal(zeros)
      }),
    ))

  it('in training start anywhere that leaves room for the clip, each place equally likely', () => {
    const sampling = { frames: 4, stride: 2 }
    const starts = Array.from({ length: 50 }, (_, i) => jitteredFrames(11, sampling, [i / 50])[0])
    expect([0, 1, 2, 3, 4].map(start => starts.filter(s => s === start).length)).to.deep.equal([10, 10, 10, 10, 10])
  })

  it('of the paper span 256 frames; the three views of a 300-frame video, by hand', () => {
    expect(viewFrames(300, paperSampling[8], 0, 3)).to.deep.equal([0, 32, 64, 96, 128, 160, 192, 224])
    expect(viewFrames(300, paperSampling[8], 1, 3)).to.deep.equal([37, 69, 101, 133, 165, 197, 229, 261])
    expect(viewFrames(300, paperSampling[8], 2, 3)).to.deep.equal([75, 107, 139, 171, 203, 235, 267, 299])
    expect(Object.values(paperSampling).map(({ frames, stride }) => frames * stride)).to.deep.equal([256, 256, 256])
  })

  it('of a short video, by hand: its ends stand for what is beyond them (decision D14)', () =>
    expect(viewFrames(4, { frames: 5, stride: 2 })).to.deep.equal([0, 0, 1, 3, 3]))

  it('refuse numbers out of range, by name', () => {
    const sampling = { frames: 8, stride: 2 }
    expect(() => viewFrames(0, sampling)).to.throw('count must be a whole number of at least 1, got 0')
    for (const frames of [1.5, 0, 1e9])
      expect(() => viewFrames(9, { frames, stride: 2 })).to.throw(
        `frames must be a whole number from 1 to 65536, got ${frames}`,
      )
    for (const stride of [0, -1, NaN, Infinity])
      expect(() => viewFrames(9, { frames: 2, stride })).to.throw(`stride must be above 0 or 'uniform', got ${stride}`)
    expect(() => viewFrames(9, sampling, 4, 4)).to.throw('view must be below 4, got 4')
    expect(() => viewFrames(9, sampling, -1, 4)).to.throw(/^view must be /)
    expect(() => viewFrames(9, sampling, 0, 0)).to.throw(/^views must be /)
    for (const at of [1, -0.1, NaN])
      expect(() => jitteredFrames(9, sampling, [at])).to.throw(`chance must be from 0 to below 1, got ${at}`)
    expect(() => jitteredFrames(9, { frames: 3, stride: 'uniform' }, [0, 0])).to.throw(
      'chance must be 3 numbers, got 2',
    )
  })
})

describe('Frames all over a video', () => {
  const sizes = fc.record({ count: counts, frames: fc.integer({ min: 1, max: 40 }) })
  /** Part i of T holds the frames from i · count / T on. */
  const isOfParts = (indices: readonly number[], count: number, frames: number): void => {
    expect(indices).to.have.lengthOf(frames)
    indices.forEach((index, i) => {
      expect(index).to.be.at.least(Math.floor((i * count) / frames))
      expect(index).to.be.at.most(Math.min(Math.floor(((i + 1) * count) / frames), count - 1))
    })
  }

  it('are one of each of T equal parts: any view (decision D14)', () =>
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 10 }), fc.nat(9), ({ count, frames }, views, view) => {
        fc.pre(view < views)
        isOfParts(viewFrames(count, { frames, stride: 'uniform' }, view, views), count, frames)
      }),
    ))

  it('are one of each of T equal parts: in training', () =>
    fc.assert(
      fc.property(sizes, fc.array(chances, { minLength: 40, maxLength: 40 }), ({ count, frames }, chance) =>
        isOfParts(jitteredFrames(count, { frames, stride: 'uniform' }, chance), count, frames),
      ),
    ))

  it('are the middles of the parts where there is one view, and spread over them where there are several; by hand', () => {
    const sampling = { frames: 4, stride: 'uniform' } as const
    expect(viewFrames(40, sampling)).to.deep.equal([5, 15, 25, 35])
    expect(viewFrames(40, sampling, 0, 2)).to.deep.equal([2, 12, 22, 32])
    expect(viewFrames(40, sampling, 1, 2)).to.deep.equal([7, 17, 27, 37])
    expect(viewFrames(2, sampling)).to.deep.equal([0, 0, 1, 1])
  })

  it('in training are each equally likely, on its own', () => {
    const drawn = Array.from({ length: 100 }, (_, i) => jitteredFrames(20, { frames: 2, stride: 'uniform' }, [(i % 10) / 10, Math.floor(i / 10) / 10])) // prettier-ignore
    expect(new Set(drawn.map(frames => frames.join())).size).to.equal(100)
  })
})

describe('A stride in time', () => {
  const rates = fc.double({ min: 1, max: 240, noNaN: true })

  it('takes as many seconds in a video of any rate (decision D14)', () =>
    fc.assert(
      fc.property(samplings, rates, rates, (sampling, fps, rate) => {
        const { frames, stride } = samplingAt({ ...sampling, fps }, rate)
        expect(frames).to.equal(sampling.frames)
        expect(Number(stride) / rate).to.be.closeTo(sampling.stride / fps, 1e-9)
      }),
    ))

  it('is the stride itself at its own rate, without one, and where the video has none', () => {
    const sampling = { frames: 8, stride: 32 }
    for (const [fps, rate] of [
      [30, 30],
      [undefined, 59.94],
      [30, 0],
    ] as const)
      // prettier-ignore
      expect(viewFrames(300, samplingAt({ ...sampling, fps }, rate))).to.deep.equal(viewFrames(300, sampling))
    expect(samplingAt({ frames: 8, stride: 'uniform', fps: 30 }, 60).stride).to.equal('uniform')
  })

  it('in a video of 59.94 frames a second spans twice the frames, as SlowFast has it; by hand', () =>
    expect(viewFrames(1000, samplingAt({ frames: 4, stride: 16, fps: 30 }, 60000 / 1001), 0, 2)).to.deep.equal([0, 32, 64, 96])) // prettier-ignore
})

describe('The order of an epoch', () => {
  it('is every video once, and the same for the same seed and epoch', () =>
    fc.assert(
      fc.property(fc.integer(), fc.nat(100), fc.nat(60), (seed, epoch, count) => {
        const order = epochOrder(seed, epoch, count)
        expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: count }, (_, i) => i))
        expect(epochOrder(seed, epoch, count)).to.deep.equal(order)
      }),
    ))

  it('differs between epochs and between seeds', () =>
    fc.assert(
      fc.property(fc.integer(), fc.nat(100), (seed, epoch) => {
        expect(epochOrder(seed, epoch, 60)).not.to.deep.equal(epochOrder(seed, epoch + 1, 60))
        expect(epochOrder(seed, epoch, 60)).not.to.deep.equal(epochOrder(seed + 1, epoch, 60))
      }),
    ))

  it('brings each video to each place about equally often', () => {
    const places = Array.from({ length: 5 }, () => [0, 0, 0, 0, 0])
    for (let epoch = 0; epoch < 2000; epoch++) epochOrder(1, epoch, 5).forEach((video, i) => places[i]![video]!++)
    // 400 each, with a deviation of 18.
    for (const times of places.flat()) expect(times).to.be.within(310, 490)
  })
})

describe('Clips of which nothing else is said', () => {
  const paper = { path: 'a.mp4', sampling: paperSampling[8], normalisation: vitNormalisation, channels: 3 }

  it('are the paper’s: 8 frames, 32 apart, jittered and cropped in training, three crops at inference (decisions D12 to D14)', () => {
    const { when, where, ...rest } = trainingClip('a.mp4', { seed: 1, epoch: 1, index: 0 })
    expect(rest).to.deep.equal(paper)
    expect(when).to.have.property('chance').of.length(1)
    expect(where).to.deep.include(paperJitter)
    expect(viewClips('a.mp4')).to.deep.equal([{ ...paper, when: { view: 0, views: 1 }, where: paperCrops }])
  })
})
