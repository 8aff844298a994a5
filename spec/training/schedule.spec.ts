/** Learning rates over time, and the paper's recipe. */
import { expect } from 'chai'
import fc from 'fast-check'
import { paperRecipe, stepSchedule, warmupCosine } from '../../lib/training'

describe('Schedules', () => {
  it('D11: the paper’s rate is 0.005, and a tenth from the start of epochs 5, 14 and 16 on, counted from 1', () => {
    const { rate, drops, factor, epochs } = paperRecipe
    const schedule = stepSchedule(rate, { drops, factor, stepsPerEpoch: 7 })
    const inEpoch = (epoch: number): number[] => [7 * (epoch - 1), 7 * epoch - 1].map(schedule)
    expect([rate, epochs]).to.deep.equal([0.005, 18])
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const tenths = epoch < 5 ? 0 : epoch < 14 ? 1 : epoch < 16 ? 2 : 3
      for (const r of inEpoch(epoch)) expect(r).to.be.closeTo(0.005 * 10 ** -tenths, 1e-15)
    }
  })

  it('D11: the paper trains by SGD with momentum 0.9 and weight decay 1e-4', () =>
    expect(paperRecipe.optimizer).to.deep.equal({ kind: 'SGD', momentum: 0.9, decay: 1e-4 }))

  it('warm-up all the way ends at the rate', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), warmup => {
        const schedule = warmupCosine(0.3, { warmup, steps: warmup })
        for (const s of [warmup - 1, warmup]) expect(schedule(s)).to.be.closeTo(0.3, 1e-12)
      }),
    ))

  it('warm-up rises evenly to the rate, and the cosine falls from it to 0', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 2, max: 200 }), (warmup, after) => {
        const schedule = warmupCosine(0.3, { warmup, steps: warmup + after })
        for (let s = 0; s < warmup; s++) expect(schedule(s)).to.be.closeTo((0.3 * (s + 1)) / warmup, 1e-12)
        expect(schedule(warmup)).to.be.closeTo(0.3, 1e-12)
        for (let s = warmup; s < warmup + after; s++) expect(schedule(s + 1)).to.be.below(schedule(s))
        expect(schedule(warmup + after / 2)).to.be.closeTo(0.15, 1e-12)
        expect(schedule(warmup + after)).to.be.closeTo(0, 1e-12)
      }),
    ))
})
