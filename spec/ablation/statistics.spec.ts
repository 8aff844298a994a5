import { expect } from 'chai'
import fc from 'fast-check'
import { UserError } from '../../lib/tensor'
import { deviationOf, holm, meanOf, shiftInterval, signFlipTest } from '../../lib/ablation/statistics'

/** Whole thousandths, as accuracies on 1,000 clips are; ties come often. */
const thousandths = fc.integer({ min: -1000, max: 1000 }).map(n => n / 1000)
const differences = fc.array(thousandths, { minLength: 1, maxLength: 9 })
/** No two subsets of these have one sum: the n-th is more than all before it together. */
const apart = fc
  .array(fc.record({ sign: fc.constantFrom(-1, 1), part: fc.double({ min: 0.1, max: 0.9, noNaN: true }) }), {
    minLength: 1,
    maxLength: 9,
  })
  .map(items => items.map(({ sign, part }, i) => sign * 3 ** i * (1 + part)))

/** The test by the letter: every choice of signs, one after another. */
const byTheLetter = (d: readonly number[]): number => {
  const sums = d.reduce<number[]>((all, x) => all.flatMap(sum => [sum + x, sum - x]), [0])
  const found = Math.abs(meanOf(d) * d.length)
  return sums.filter(sum => Math.abs(sum) >= found - 1e-9).length / sums.length
}

describe('The sign-flip test', () => {
  it('counts the choices of signs that give as much', () =>
    fc.assert(fc.property(differences, d => void expect(signFlipTest(d)).to.equal(byTheLetter(d)))))

  it('does not depend on the order, the unit, or which of the two is called first', () =>
    fc.assert(
      fc.property(differences, fc.double({ min: 0.01, max: 100, noNaN: true }), (d, unit) => {
        const p = signFlipTest(d)
        expect(signFlipTest([...d].reverse())).to.equal(p)
        expect(signFlipTest(d.map(x => -x))).to.equal(p)
        expect(signFlipTest(d.map(x => x * unit))).to.equal(p)
      }),
    ))

  it('gives 2/2ⁿ for n gains, and 1 for no difference at all', () => {
    for (const n of [1, 5, 10, 20]) {
      expect(signFlipTest(Array.from({ length: n }, (_, i) => i + 1))).to.equal(2 / 2 ** n)
      expect(signFlipTest(new Array<number>(n).fill(0))).to.equal(1)
    }
  })

  it("gives Fisher's 1,726 of 32,768 for Darwin's maize", () => {
    const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    expect(signFlipTest(darwin) * 2 ** 15).to.equal(1726)
  })

  it('calls small no more often than its level says, were every sign a coin', () =>
    fc.assert(
      fc.property(apart, fc.constantFrom(0.05, 0.2, 0.5), (d, level) => {
        const flips = Array.from({ length: 2 ** d.length }, (_, s) => d.map((x, i) => ((s >> i) & 1 ? x : -x)))
        const small = flips.filter(flipped => signFlipTest(flipped) <= level)
        expect(small.length / flips.length).to.be.at.most(level)
      }),
      { numRuns: 20 },
    ))

  for (const [name, d, text] of [
    ['no pairs', [], 'pairs must be 1 to 20, got 0'],
    ['too many pairs', new Array<number>(21).fill(1), 'pairs must be 1 to 20, got 21'],
    ['a difference that is no number', [1, NaN], 'differences of pairs must be finite, got NaN'],
  ] as const)
    it(`refuses ${name}`, () => {
      expect(() => signFlipTest(d)).to.throw(UserError, text)
      expect(() => shiftInterval(d)).to.throw(UserError, text)
    })
})

describe('The interval of shifts', () => {
  it('holds what the test does not reject, and nothing that it does', () =>
    fc.assert(
      fc.property(apart, fc.constantFrom(0.5, 0.8, 0.95), (d, level) => {
        const [low, high] = shiftInterval(d, level)
        const p = (shift: number): number => signFlipTest(d.map(x => x - shift))
        const step = 1e-7 * d.reduce((sum, x) => sum + Math.abs(x), 0)
        for (const [end, out] of [
          [low, -1],
          [high, 1],
        ] as const) {
          if (!Number.isFinite(end)) continue
          expect(p(end + out * step), 'outside').to.be.at.most(1 - level + 1e-12)
          expect(p(end - out * step), 'inside').to.be.above(1 - level - 1e-12)
        }
      }),
    ))

  it('moves with what it is of, and is turned with its sign', () =>
    fc.assert(
      fc.property(fc.array(thousandths, { minLength: 6, maxLength: 9 }), thousandths, (d, shift) => {
        const [low, high] = shiftInterval(d)
        const [a, b] = shiftInterval(d.map(x => x + shift))
        expect(a).to.be.closeTo(low + shift, 1e-9)
        expect(b).to.be.closeTo(high + shift, 1e-9)
        const [c, e] = shiftInterval(d.map(x => -x))
        expect([c, e].map(Math.abs)).to.deep.equal([-high, -low].map(Math.abs))
      }),
    ))

  it('has no ends where five pairs cannot reject at 5 %', () => {
    expect(shiftInterval([1, 2, 3, 4, 5])).to.deep.equal([-Infinity, Infinity])
    expect(shiftInterval([1, 2, 3, 4, 5, 6])).to.deep.equal([1, 6])
  })
})

describe("Holm's correction", () => {
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

  it('multiplies the least by the number of tests, the next by one less', () =>
    expect(holm([0.01, 0.04, 0.03, 0.005])).to.deep.equal([0.03, 0.06, 0.06, 0.02]))

  it('makes no p smaller or larger than m·p, keeps their order, and ends at 1', () =>
    fc.assert(
      fc.property(ps, given => {
        const adjusted = holm(given)
        given.forEach((p, i) => {
          expect(adjusted[i]).to.be.within(p, 1)
          given.forEach((q, j) => p < q && expect(adjusted[i]).to.be.at.most(adjusted[j]!))
        })
        if (given.length > 0) {
          const least = given.indexOf(Math.min(...given))
          expect(adjusted[least]).to.equal(Math.min(1, given.length * given[least]!))
        }
      }),
    ))
})

describe('Mean and deviation', () => {
  it('are those of a sample', () => {
    expect(meanOf([2, 4, 4, 4, 5, 5, 7, 9])).to.equal(5)
    expect(deviationOf([1, 2, 3, 4])).to.be.closeTo(Math.sqrt(5 / 3), 1e-12)
    expect(deviationOf([3])).to.be.NaN
  })
})
