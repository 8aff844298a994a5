import { expect } from 'chai'
import fc from 'fast-check'
import { type Point, thinned } from '../../examples/playground/src/page/points'

describe('a line of the playground', () => {
  /** The line of a run that adds a point every so many steps, thinned after each. */
  const after = (points: number, every: number): readonly Point[] => {
    let line: readonly Point[] = []
    for (let i = 1; i <= points; i++) line = thinned([...line, { step: i * every, value: i }])
    return line
  }

  it('keeps few points, the last one, and its beginning as closely as its end', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 40 }), (points, every) => {
        const line = after(points, every)
        expect(line).to.have.length.below(515)
        expect(line.at(-1)!.step).to.equal(points * every)
        const gaps = line.slice(1).map(({ step }, i) => step - line[i]!.step)
        // A point for every stride: the widest gap is below two strides and one step of the run.
        const stride = 2 ** Math.max(0, Math.ceil(Math.log2((points * every) / 512)))
        for (const gap of gaps) expect(gap).to.be.below(2 * stride + every + 1)
      }),
      { numRuns: 20 },
    ))
})
