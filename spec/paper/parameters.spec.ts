import { expect } from 'chai'
import fc from 'fast-check'
import { abstractParameters, type Config, configure, entries, flat, initialParameters, variants } from '../../lib'
import { makeInitial } from '../../lib/paper/parameters'
import { sizeOf } from '../../lib/tensor'
import { configs } from '../laws/networks'

const RUNS = { numRuns: 30 }
const shapes = (tree: unknown) => entries(tree).map(([path, x]) => [path, x.shape])
const bits = (tree: unknown) => entries(tree).map(([path, x]) => [path, [...flat(x)]])
const count = (config: Config): number =>
  entries(abstractParameters(config)).reduce((sum, [, x]) => sum + sizeOf(x.shape), 0)

describe('Parameters', () => {
  it('are as many as Table 5’s networks have: 107,432,117, 107,418,289 and 114,514,613', () => {
    expect(count(variants.V1)).to.equal(107_432_117)
    expect(count(variants.V2)).to.equal(107_418_289)
    expect(count(variants.V3)).to.equal(114_514_613)
  })

  it('cost little for CSSA and FAM: 16 ratios and 17 layer norms with a ratio in V2', () =>
    expect(count(variants.V2) - count({ ...variants.V2, cssa: false, fam: false })).to.equal(16 + 17 * (1 + 2 * 768)))

  it('have the same paths and shapes with and without numbers', () =>
    fc.assert(
      fc.property(configs(), config => {
        expect(shapes(abstractParameters(config))).to.deep.equal(shapes(initialParameters(config, 0)))
      }),
      RUNS,
    ))

  it('are drawn for the path that they are at, or start as one number', () =>
    fc.assert(
      fc.property(configs(), fc.integer(), (config, seed) => {
        const make = makeInitial(seed)
        for (const [path, x] of entries(initialParameters(config, seed))) {
          const values = [...flat(x)]
          if (values.some(v => v !== values[0]))
            expect(values, path).to.deep.equal([...flat(make(path, x.shape, 'random'))])
        }
      }),
      RUNS,
    ))

  it('D17: the first block of each stage has no α, every other has one; without CSSA none has', () =>
    fc.assert(
      fc.property(configs(), config => {
        const { STB, TTB } = abstractParameters(config)
        for (const stage of [STB, TTB])
          expect(stage.map(W => 'alpha' in W)).to.deep.equal(stage.map((_, i) => i > 0 && config.cssa))
      }),
      RUNS,
    ))

  it('D4: there is one FAM term for every block but the last, or but the last of each stage', () =>
    fc.assert(
      fc.property(configs({ fam: true }), config => {
        const { STB, TTB, aggregation } = config
        const terms = Object.entries(abstractParameters(config).FAM!).map(([of, terms]) => [of, terms!.length])
        if (aggregation === 'network') expect(terms).to.deep.equal([['network', STB + TTB - 1]])
        else
          expect(terms).to.deep.equal([
            ['STB', Math.max(STB - 1, 0)],
            ['TTB', Math.max(TTB - 1, 0)],
          ])
      }),
      RUNS,
    ))

  it('are absent where their switch is off', () => {
    const keys = (values: Partial<Config>): string[] =>
      Object.keys(abstractParameters({ ...variants.digits, ...values }))
    expect(keys({})).to.deep.equal(['patch', 'V_cls', 'P_s', 'P_t', 'STB', 'TTB', 'FAM', 'head'])
    expect(keys({ spatialPosition: false })).not.to.include('P_s')
    expect(keys({ temporalPosition: false })).not.to.include('P_t')
    expect(keys({ fam: false })).not.to.include('FAM')
  })
})

describe('Initial parameters', () => {
  it('D10: are the same bits for the same seed, and others for another', () =>
    fc.assert(
      fc.property(configs(), fc.integer(), fc.integer({ min: 1, max: 1000 }), (config, seed, more) => {
        const first = bits(initialParameters(config, seed))
        expect(bits(initialParameters(config, seed))).to.deep.equal(first)
        const other = initialParameters(config, seed + more)
        expect([...flat(other.patch.W)]).not.to.deep.equal([...flat(initialParameters(config, seed).patch.W)])
      }),
      RUNS,
    ))

  it('D10: do not change where a switch only adds or removes other tensors', () =>
    fc.assert(
      fc.property(
        configs(),
        fc.constantFrom('cssa', 'fam', 'spatialPosition', 'temporalPosition'),
        fc.nat(),
        (config, key, seed) => {
          const before = new Map(entries(initialParameters(config, seed)))
          const after = new Map(entries(initialParameters({ ...config, [key]: !config[key] }, seed)))
          const [more, fewer] = before.size > after.size ? [before, after] : [after, before]
          for (const [path, x] of fewer) expect([...flat(x)], path).to.deep.equal([...flat(more.get(path)!)])
        },
      ),
      RUNS,
    ))

  it('D10: weights and positions are normal with deviation σ, cut off at 2σ; the rest is 0 or 1', () => {
    for (const sigma of [0.02, 0.1])
      for (const [path, x] of entries(initialParameters(variants.digits, 7, { sigma, dtype: 'float64' }))) {
        const values = [...flat(x)]
        const name = path.split('.').at(-1)!
        if (/^(W|P_)/.test(name)) {
          expect(Math.max(...values.map(Math.abs)), path).to.be.at.most(2 * sigma)
          expect(new Set(values).size, `values of ${path}`).to.be.above(0.9 * values.length)
          if (values.length >= 1000) {
            expect(Math.max(...values.map(Math.abs)), path).to.be.above(1.9 * sigma)
            expect(values.reduce((a, b) => a + b) / values.length / sigma, `the mean of ${path}`).to.be.closeTo(0, 0.15)
            // A normal distribution cut off at 2σ has the deviation 0.88σ.
            const deviation = Math.sqrt(values.reduce((s, v) => s + v * v, 0) / values.length)
            expect(deviation / sigma, `the deviation of ${path}`).to.be.closeTo(0.88, 0.06)
          }
        } else expect(new Set(values), path).to.deep.equal(new Set([/^(gain|beta)/.test(name) ? 1 : 0]))
      }
  })

  it('D10: the class token starts at 0', () =>
    expect(new Set(flat(initialParameters(variants.digits, 1).V_cls))).to.deep.equal(new Set([0])))

  it('D3, D5: α starts at 0 and β at 1, or at what is asked for', () => {
    const ratios = (name: string, initial = {}): number[] =>
      entries(initialParameters(variants.tiny, 1, initial)).flatMap(([path, x]): number[] =>
        path.endsWith(name) ? [...flat(x)] : [],
      )
    expect(ratios('.alpha')).to.deep.equal([0, 0, 0, 0, 0])
    expect(ratios('.beta')).to.deep.equal([1, 1, 1, 1, 1, 1])
    expect(ratios('.alpha', { alpha: 0.5 })).to.deep.equal([0.5, 0.5, 0.5, 0.5, 0.5])
    expect(ratios('.beta', { beta: 2 })).to.deep.equal([2, 2, 2, 2, 2, 2])
  })

  it('differ from tensor to tensor', () => {
    const { STB, TTB } = initialParameters(configure({ ...variants.digits, ratioTTB: 4 }), 3)
    const weights = [...STB, ...TTB].flatMap(({ W_Q, W_K, W_V, W_O }) => [W_Q, W_K, W_V, W_O])
    expect(new Set(weights.map(W => flat(W).join())).size).to.equal(weights.length)
  })
})
