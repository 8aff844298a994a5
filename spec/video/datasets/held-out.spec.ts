import { expect } from 'chai'
import fc from 'fast-check'
import { apartFrom, type Dataset, heldOutSplit, type LabelledVideo } from '../../../lib/video/node'

const datasetOf = (videos: readonly LabelledVideo[], K: number): Dataset => ({
  classes: Array.from({ length: K }, (_, k) => `class ${k}`),
  videos,
  problems: [],
  remarks: [],
})
/** Datasets in which some videos are copies of others, in their class or in another. */
const copied = fc.integer({ min: 1, max: 4 }).chain(K =>
  fc.record({
    K: fc.constant(K),
    labels: fc.array(fc.nat(K - 1), { minLength: 2, maxLength: 30 }),
    originals: fc.array(fc.nat(29), { minLength: 30, maxLength: 30 }),
    part: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  }),
)
const made = ({ labels, originals }: { labels: readonly number[]; originals: readonly number[] }) => {
  const videos = labels.map((label, i) => ({ path: `${i}`, label }))
  // What is a copy is one of a video before it that is none.
  const ids: string[] = []
  labels.forEach((_, i) =>
    ids.push(originals[i]! < i && ids[originals[i]!] === `${originals[i]}` ? `${originals[i]}` : `${i}`),
  )
  const copies = new Map<string, string>()
  ids.forEach((id, i) => id === `${i}` || copies.set(`${i}`, id))
  return { videos, copies, idOf: (video: LabelledVideo) => copies.get(video.path) ?? video.path }
}

describe('Held-out videos', () => {
  it('are no copies of those that are trained on', () =>
    fc.assert(
      fc.property(copied, drawn => {
        const { videos, copies, idOf } = made(drawn)
        fc.pre(new Set(videos.map(video => `${video.label} ${idOf(video)}`)).size > drawn.K * 2)
        const { train, heldOut } = heldOutSplit(datasetOf(videos, drawn.K), drawn.part, copies)
        const ids = new Set(train.map(idOf))
        for (const video of heldOut) expect(ids.has(idOf(video)), video.path).to.equal(false)
        // Each video is on a side; of copies in one class one is measured.
        expect(new Set([...train, ...heldOut].map(idOf))).to.deep.equal(new Set(videos.map(idOf)))
        expect(new Set(heldOut.map(video => `${video.label} ${idOf(video)}`)).size).to.equal(heldOut.length)
      }),
    ))

  it('are the part of every class that is asked for, one at least, and never all of it', () =>
    fc.assert(
      fc.property(copied, ({ K, labels, part }) => {
        const videos = labels.map((label, i) => ({ path: `${i}`, label }))
        const sizes = Array.from({ length: K }, (_, k) => labels.filter(label => label === k).length)
        fc.pre(sizes.some(size => size > 1))
        const { train, heldOut } = heldOutSplit(datasetOf(videos, K), part)
        expect(train.length + heldOut.length).to.equal(videos.length)
        sizes.forEach((size, k) => {
          const held = heldOut.filter(({ label }) => label === k).length
          if (size < 2) return expect(held).to.equal(0)
          expect(held).to.be.within(1, size - 1)
          if (Math.round(part * size) > 0 && Math.round(part * size) < size)
            expect(held).to.equal(Math.round(part * size))
        })
      }),
    ))

  it('are the same whenever they are asked for: the split of a run that goes on is its own', () => {
    const videos = Array.from({ length: 12 }, (_, i) => ({ path: `${i}.mp4`, label: i % 2 }))
    const { heldOut } = heldOutSplit(datasetOf(videos, 2), 0.34)
    expect(heldOut.map(({ path }) => path)).to.deep.equal(['2.mp4', '3.mp4', '7.mp4', '4.mp4'])
  })

  it('keep the parts of one video together, each measured', () => {
    const parts = (path: string, label: number) => [0, 5].map(from => ({ path, label, part: { from, to: from + 5 } }))
    const videos = [...parts('a', 0), ...parts('b', 0), ...parts('c', 1), ...parts('d', 1), ...parts('d', 0)]
    const { train, heldOut } = heldOutSplit(datasetOf(videos, 2), 0.5)
    const trained = new Set(train.map(({ path }) => path))
    expect(heldOut.some(({ path }) => trained.has(path))).to.equal(false)
    expect(train.length + heldOut.length).to.equal(videos.length)
  })

  it('refuse classes of one video each', () =>
    expect(() =>
      heldOutSplit(
        datasetOf(
          [
            { path: 'a', label: 0 },
            { path: 'b', label: 1 },
          ],
          2,
        ),
        0.5,
      ),
    ).to.throw('no video can be held out: every class has one alone; --validation names others'))

  it('that were chosen are taken out of what is trained on, copies too', () => {
    const videos = ['a', 'b', 'c'].map(path => ({ path, label: 0 }))
    const others = [
      { path: 'x', label: 0 },
      { path: 'c', label: 0 },
    ]
    expect(apartFrom(videos, others, new Map([['x', 'b']]))).to.deep.equal([videos[0]])
  })
})
