import { expect } from 'chai'
import { ablationPicture } from '../../lib/ablation/picture'
import { secondsLeft } from '../../lib/cli/terminal/ablation-progress'
import { ablationReport } from '../../lib/ablation/report'
import { type Job, jobsOf, nameOf, type Result } from '../../lib/ablation/runs'
import { gainsOf, type TableSummary, tableSummary } from '../../lib/ablation/summary'
import { type AblationTable, seedsOf } from '../../lib/ablation/rows'
import { everything, sized, tablesOf } from '../../lib/ablation/tables'
import { smallSystems, systemsAblation } from '../../lib/ablation/systems'
import { sizeOf } from '../../lib/tensor'
import { leaves } from '../../lib/trace'
import { costOf } from '../../lib/systems/costs'
import { paperWords } from '../../lib/ablation/words'
import { abstractNetwork, configureNetwork, type NetworkConfig } from '../../lib/systems'

const HELD_OUT = 1000
const all = tablesOf(everything)

const resultOf = (accuracy: number, curve: readonly number[] = [accuracy]): Result => ({
  accuracy,
  heldOut: HELD_OUT,
  curve: curve.map((value, i) => ({ step: 10 * (i + 1), accuracy: value })),
  alpha: [],
  seconds: 60,
  engine: 'an engine',
})

/** A table whose row i has some results, one of each seed. */
const summaryOf = (table: AblationTable, rows: readonly (readonly (Result | undefined)[])[]): TableSummary => {
  const found = new Map<string, Result>()
  table.rows.forEach(({ experiment }, i) =>
    rows[i]!.forEach((result, s) => {
      if (result) found.set(nameOf({ experiment, seed: s + 1, heldOut: HELD_OUT }), result)
    }),
  )
  return tableSummary(table, found, HELD_OUT)
}
const tableOf = (id: string, seeds?: number): AblationTable => {
  return tablesOf(sized(everything, { only: [id], ...(seeds === undefined ? {} : { seeds }) }))[0]!
}
const report = (tables: readonly TableSummary[], study: readonly TableSummary[], missing = 0): string =>
  ablationReport({
    tables,
    study,
    confirmation: [],
    words: paperWords,
    command: 'c',
    machine: 'm',
    engine: 'e',
    heldOut: HELD_OUT,
    missing,
  })

describe('The systems in small', () => {
  const costs = Object.values(smallSystems).map(config => ({
    parameters: leaves(abstractNetwork(config)).reduce((sum, x) => sum + sizeOf(x.shape), 0),
    multiplyAdds: costOf(config).flops.products / 2,
  }))
  for (const key of ['parameters', 'multiplyAdds'] as const)
    it(`are within 15 % of their mean: ${key}`, () => {
      const mean = costs.reduce((sum, cost) => sum + cost[key], 0) / costs.length
      for (const cost of costs) expect(cost[key] / mean).to.be.within(0.85, 1.15)
    })

  it('are trained once for both of their sections: ten seeds of eight networks under two conditions', () =>
    expect(jobsOf(systemsAblation, HELD_OUT)).to.have.lengthOf(2 * 8 * 10))

  it('can be told apart after the correction with ten seeds: there are not too many tests', () => {
    for (const tables of [systemsAblation.study, systemsAblation.confirmation]) {
      const tests = 2 * tables.reduce((sum, { contrasts }) => sum + contrasts.length, 0)
      expect(tests * 2 ** (1 - 10)).to.be.below(0.05)
    }
  })

  it('compare rows that differ in CSSA and FAM alone, and CSTransformer with each', () => {
    for (const { rows, contrasts } of systemsAblation.study)
      for (const { from, to } of contrasts) {
        const [a, b] = [rows[from]!.experiment, rows[to]!.experiment]
        expect({ ...a, config: { ...a.config, cssa: true, fam: true } }).to.deep.equal(b)
      }
    for (const { rows, contrasts } of systemsAblation.confirmation)
      expect(contrasts.map(({ from, to }) => [rows[from]!.label, rows[to]!.label])).to.deep.equal(
        ['TimeSformer', 'ViViT', 'VTN'].map(name => [name, 'CSTransformer + CSSA + FAM']),
      )
  })
})

describe("An ablation's runs", () => {
  it('are done once each, however many tables they are in; those of the tables first, seed by seed', () => {
    const jobs = jobsOf(everything, HELD_OUT)
    const names = jobs.map(nameOf)
    expect(new Set(names).size).to.equal(names.length)
    expect(names.length).to.be.below(all.reduce((sum, { rows, seeds }) => sum + rows.length * seeds, 0))
    for (const table of all)
      for (const { experiment } of table.rows)
        for (const seed of seedsOf(table)) expect(names).to.include(nameOf({ experiment, seed, heldOut: HELD_OUT }))
    const seeds = jobs.map(job => job.seed)
    const tables = jobsOf({ ...everything, study: [], confirmation: [] }, HELD_OUT).length
    expect(seeds.slice(0, tables)).to.deep.equal(seeds.slice(0, tables).sort((a, b) => a - b))
  })

  it('have a folder of their own for everything that they depend on', () => {
    const { experiment } = all[0]!.rows[0]!
    const job: Job = { experiment, seed: 1, heldOut: HELD_OUT }
    const others: Job[] = [
      { ...job, seed: 2 },
      { ...job, heldOut: 10 },
      { ...job, experiment: { ...experiment, alpha: 1 } },
      { ...job, experiment: { ...experiment, beta: 2 } },
      { ...job, experiment: { ...experiment, task: { ...experiment.task, clips: 32 } } },
      { ...job, experiment: { ...experiment, recipe: { ...experiment.recipe, rate: 1 } } },
      {
        ...job,
        experiment: {
          ...experiment,
          config: configureNetwork({ ...experiment.config, pool: 'mean' } as NetworkConfig),
        },
      },
    ]
    expect(new Set([job, ...others].map(nameOf)).size).to.equal(others.length + 1)
    for (const name of [job, ...others].map(nameOf)) expect(name).to.match(/^[\w.+-]+$/)
  })

  it('tell how long the rest takes: the pace of those that are done, shared by those who work', () => {
    const jobs = jobsOf(sized(everything, { only: ['2b'], seeds: 2 }), HELD_OUT)
    const results = new Map(jobs.slice(0, 2).map(job => [nameOf(job), resultOf(1)]))
    const left = (elsewhere: readonly string[], step?: number): number | undefined =>
      secondsLeft(
        jobs,
        { results, elsewhere, ...(step === undefined ? {} : { current: { job: jobs[2]!, step } }) },
        () => 7,
      )
    expect(left([])).to.equal(4 * 60)
    expect(left(['other'], 0)).to.equal(2 * 60)
    expect(left([], 150)).to.equal(3.5 * 60)
    expect(secondsLeft(jobs, { results: new Map(), elsewhere: [] }, () => 7)).to.equal(undefined)
  })
})

describe("An ablation's report", () => {
  const table = tableOf('2b')

  it('says mean, deviation, steps to 90 % of the median seed, parameters and operations', () => {
    const rows = [
      [0.5, 0.6, 0.7, 0.8, 0.9].map(a => resultOf(a, [0.1, a, 0.95])),
      [0.9, 0.9, 0.9, 0.9, 0.9].map((a, i) => resultOf(a, i < 2 ? [0.95] : [0.1, 0.2, i < 4 ? 0.91 : 0.5])),
      [0.2, 0.2, 0.2, 0.2, 0.3].map(a => resultOf(a)),
    ]
    const page = report([summaryOf(table, rows)], [])
    expect(page).to.include('| baseline | 70.0 ± 15.8 % | 30 | 39,912 | 2.36 M |')
    expect(page).to.include('| + CSSA | 90.0 ± 0.0 % | 30 (1 of 5 never) | 39,914 | 2.36 M |')
    expect(page).to.include('| + CSSA + FAM | 22.0 ± 4.5 % | never | 40,109 | 2.36 M |')
    expect(page).to.include('5 seeds each. *+ CSSA* is best, and no other row is within the spread of it.')
  })

  it('says what is within the spread of the best, and what is not', () => {
    const rows = (means: readonly number[]): Result[][] =>
      means.map(m => [-0.02, -0.01, 0, 0.01, 0.02].map(d => resultOf(m + d)))
    const say = (means: readonly number[]): string => report([summaryOf(table, rows(means))], [])
    expect(say([0.8, 0.81, 0.79])).to.include(
      '*+ CSSA* has the highest mean; every other row is within the spread of it.',
    )
    expect(say([0.8, 0.81, 0.5])).to.include('*+ CSSA* has the highest mean; *baseline* is within the spread of it.')
    expect(say([0.8, 0.3, 0.5])).to.include('*baseline* is best, and no other row is within the spread of it.')
  })

  it('takes the seeds that every row has, and says what is missing', () => {
    const one = resultOf(0.5)
    const summary = summaryOf(table, [
      [one, one, one],
      [one, undefined, one],
      [one, one, one, one],
    ])
    expect(summary.seeds).to.equal(2)
    const page = report([summary], [], 3)
    expect(page).to.include('2 seeds each.')
    expect(page).to.include('**Incomplete**: 3 runs are missing.')
  })

  it('calls a gain what is one after a correction for all tests, and nothing else', () => {
    const rows = (gain: number): Result[][] =>
      [0, gain, gain].map(g => Array.from({ length: 10 }, (_, s) => resultOf(0.7 + 0.01 * (s % 4) + g)))
    const [seen, unseen] = [summaryOf(tableOf('short'), rows(0.05)), summaryOf(tableOf('few'), rows(0))]
    const gains = gainsOf([seen, unseen])
    expect(gains).to.have.length(8)
    for (const {
      table: { id },
      label,
      p,
      adjusted,
      mean,
    } of gains) {
      const there = id === 'short' && label === 'CSSA'
      expect(p).to.equal(there ? 2 / 1024 : 1)
      expect(adjusted).to.be.closeTo(there ? 16 / 1024 : 1, 1e-12)
      expect(mean).to.be.closeTo(there ? 0.05 : 0, 1e-12)
    }
    const page = report([], [seen, unseen])
    expect(page).to.include('**2 of 8 differences are significant:** CSSA under *Plain clips, few steps*')
    expect(page).to.include('| Plain clips, few steps: CSSA | +5.0 | +5.0 to +5.0 | 0.002 | 0.016 | a gain |')
    expect(page).to.match(/\| Few clips: FAM \| 0\.0 \| 0\.0 to 0\.0 \| 1\.000 \| 1\.000 \| not seen; .* \|/)
    const nothing = report([], [unseen])
    expect(nothing).to.include('**None of the 4 differences is significant**; ')
    expect(report([], [summaryOf(tableOf('short'), rows(-0.05))])).to.include('| 0.002 | 0.008 | a loss |')
  })

  it('calls a hint what is small before the correction alone', () => {
    const gains = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]
    const rows = [0, 1, 1].map(by => gains.map(g => resultOf(0.7 + by * g)))
    const still = [0, 0, 0].map(() => gains.map(() => resultOf(0.7)))
    const page = report([], [summaryOf(tableOf('short', 7), rows), summaryOf(tableOf('few', 7), still)])
    expect(page).to.include('| Plain clips, few steps: CSSA | +4.0 | +2.0 to +6.0 | 0.016 | 0.125 | a hint at a gain |')
    expect(page).to.include('Before the correction, p is also below 0.05 for CSSA under *Plain clips, few steps*')
  })

  it('draws every row with a band and its seeds, within the picture', async () => {
    const rows = [0.2, 0.5, 0.52].map(m => [-0.1, 0, 0.1].map(d => resultOf(m + d, [0.1, m, m + d])))
    const svg = await ablationPicture(summaryOf(table, rows))
    expect(svg.match(/<path /g)).to.have.length(6)
    expect(svg.match(/<circle /g)).to.have.length(9)
    for (const { label } of table.rows) expect(svg).to.include(`>${label}</text>`)
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number) as [number, number, number]
    for (const [name, most] of [
      ['c?x[12]?', width],
      ['c?y[12]?', height],
    ] as const)
      for (const [, at] of svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))) expect(Number(at)).to.be.within(0, most)
    expect(svg).to.not.include('NaN')
  })

  it('draws a single seed without a band', async () => {
    const svg = await ablationPicture(
      summaryOf(
        table,
        table.rows.map(() => [resultOf(0.5)]),
      ),
    )
    expect(svg).to.not.include('NaN')
    expect(svg).to.include('>50.0 %<')
  })
})
