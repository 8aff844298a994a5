/** Scores of several views: their mean, and the order of the classes. */
import { expect } from 'chai'
import fc from 'fast-check'
import { configure, variants } from '../../lib/paper'
import { meanScores, ranked, scoreVideos } from '../../lib/training'
import type { ClipReader } from '../../lib/video/node'
import { fromArray, type Tensor } from '../../lib/tensor'
import { drawing } from '../laws/networks'
import { expectNear } from '../laws/values'

const logits = (rows: readonly (readonly number[])[]): Tensor =>
  fromArray(rows.flat(), [rows.length, rows[0]!.length], 'float64')
const softmax = (row: readonly number[]): number[] => {
  const sum = row.reduce((s, v) => s + Math.exp(v), 0)
  return row.map(v => Math.exp(v) / sum)
}

/** A property of the logits of some views, and of a seed. */
const forAll = (holds: (rows: number[][], seed: number) => void): void =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 7 }), fc.nat(), (V, K, seed) => {
      const drawn = drawing(seed)([V, K], 3)
      holds(
        Array.from({ length: V }, (_, v) => Array.from({ length: K }, (_, k) => drawn.get(v, k))),
        seed,
      )
    }),
  )

describe('Scores of several views', () => {
  it('are the mean of the softmax of each (decision D15)', () =>
    forAll(rows => {
      const each = rows.map(softmax)
      const mean = each[0]!.map((_, k) => each.reduce((s, row) => s + row[k]!, 0) / rows.length)
      expectNear(meanScores(logits(rows)), mean, 1e-12, 'scores')
    }))

  it('are not the softmax of the mean of the logits', () => {
    const [first] = meanScores(
      logits([
        [9, 0, 0],
        [0, 0, 1],
        [0, 0, 1],
      ]),
    )
    expect(first).to.be.closeTo((1 + 2 * softmax([0, 0, 1])[0]!) / 3, 1e-3)
  })

  it('sum to 1, and do not change with the order of the views or when a number is added to those of one', () =>
    forAll((rows, seed) => {
      const scores = meanScores(logits(rows))
      expect(scores.reduce((a, b) => a + b)).to.be.closeTo(1, 1e-12)
      expectNear(meanScores(logits([...rows].reverse())), scores, 1e-12, 'reversed')
      const shifted = rows.map((row, v) => row.map(x => x + ((seed + v) % 10)))
      expectNear(meanScores(logits(shifted)), scores, 1e-9, 'shifted')
    }))

  it('that are not finite are a problem of their video', async () => {
    const config = configure({ ...variants.digits, channels: 1 })
    const format = { classes: [], stride: 1, shortSide: 16, mean: 0, deviation: 1 }
    const clip = { shape: [1, 1, 4, 16, 16] as const, data: new Float32Array(1024) }
    const read = async function* (requests: Iterable<unknown>) {
      await Promise.resolve()
      for (const request of requests) yield { request, clip }
    }
    const reader = { read, close: async () => undefined } as unknown as ClipReader
    const network = {
      logits: async () => fromArray([0, NaN], [1, 2]) as Tensor<['N', 'K']>,
      release: () => undefined,
    }
    const results = scoreVideos(reader, network, config, format, [{ path: 'v', label: 0 }], { clips: 1, crops: 1 })
    const { value } = await results.next()
    expect(value).to.deep.equal({ video: { path: 'v', label: 0 }, problem: 'v: its scores must be finite, got NaN' })
  })

  it('rank all classes, the likeliest first, equal ones by their number', () =>
    forAll(rows => {
      const scores = meanScores(logits(rows))
      const order = ranked(scores)
      expect([...order].sort((a, b) => a - b)).to.deep.equal(scores.map((_, k) => k))
      order.slice(1).forEach((k, i) => expect(scores[order[i]!]).to.be.at.least(scores[k]!))
      expect(ranked(scores.map(() => 1))).to.deep.equal(scores.map((_, k) => k))
    }))
})
