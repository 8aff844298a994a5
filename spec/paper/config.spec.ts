import { expect } from 'chai'
import fc from 'fast-check'
import { baseline, type Config, configure, patches, UserError, variants } from '../../lib'

describe('configure', () => {
  const refusals: readonly (readonly [string, object, string])[] = [
    ['heads that do not divide dim', { dim: 768, heads: 7 }, 'heads must be a divisor of dim (768), got 7'],
    ['patches that do not divide the height', { height: 230 }, 'height must be a multiple of patch (16), got 230'],
    ['patches that do not divide the width', { width: 215 }, 'width must be a multiple of patch (16), got 215'],
    ['no frames', { frames: 0 }, 'frames must be a whole number of at least 1, got 0'],
    ['half a block', { STB: 1.5 }, 'STB must be a whole number of at least 0, got 1.5'],
    ['fewer than no blocks', { TTB: -1 }, 'TTB must be a whole number of at least 0, got -1'],
    ['no blocks', { STB: 0, TTB: 0 }, 'STB + TTB must be at least 1, got 0'],
    ['a size that is not a number', { dim: NaN }, 'dim must be a whole number of at least 1, got NaN'],
    ['an endless clip', { frames: Infinity }, 'frames must be a whole number of at least 1, got Infinity'],
    ['a number as text', { classes: '400' }, "classes must be a whole number of at least 1, got '400'"],
    ['a value that is not there', { classes: undefined }, 'classes must be a whole number of at least 1, got missing'],
    ['a switch that is neither on nor off', { fam: 'off' }, "fam must be true or false, got 'off'"],
    ['a switch as a number', { cssa: 1 }, 'cssa must be true or false, got 1'],
    ['a reading that is not known', { pool: 'max' }, `pool must be 'class' or 'mean', got 'max'`],
    ['scores that are not known', { scores: 'fused' }, `scores must be 'raw' or 'accumulated', got 'fused'`],
    ['a FAM that is not known', { aggregation: true }, `aggregation must be 'network' or 'stage', got true`],
    [
      'a key that is not known',
      { depth: 12 },
      "a key of a configuration must be one of channels, frames, height, width, patch, dim, heads, STB, TTB, ratioSTB, ratioTTB, classes, cssa, fam, spatialPosition, temporalPosition, scores, aggregation, pool, got 'depth'",
    ],
  ]
  for (const [what, values, text] of refusals)
    it(`refuses ${what}, in one line`, () =>
      expect(() => configure(values)).to.throw(UserError, new RegExp(`^${escaped(text)}$`)))

  it('refuses a key that every object has', () =>
    expect(() => configure({ toString: 1 } as object)).to.throw(
      UserError,
      /^a key of a configuration must be one of .*, got 'toString'$/,
    ))
  const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

  it('refuses every value of a wrong type, and names it', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(variants.V2) as (keyof Config)[])),
        fc.constantFrom(null, undefined, [], {}, NaN, -1, 0.5, 'none', ''),
        (key, value) => {
          expect(() => configure({ [key]: value })).to.throw(
            UserError,
            new RegExp(`^${key} must be [^\\n]+, got [^\\n]*$`),
          )
        },
      ),
    ))

  it('reads the paper as the decisions say, where nothing else is asked for', () => {
    const { scores, aggregation, pool } = configure()
    expect({ scores, aggregation, pool }).to.deep.equal({ scores: 'raw', aggregation: 'network', pool: 'class' })
  })

  it('fills in CSTransformer-V2, and keeps what it is given', () => {
    expect(configure()).to.deep.equal(variants.V2)
    expect(configure({ ...variants.digits })).to.deep.equal(variants.digits)
    expect(patches(configure())).to.equal(196)
  })
})

describe('Table 5', () => {
  for (const [name, STB, TTB] of [
    ['V1', 10, 10],
    ['V2', 12, 6],
    ['V3', 12, 8],
  ] as const)
    it(`CSTransformer-${name}: ${STB} STB, ${TTB} TTB, embedding 768, MLPs 3072 and 768, 12 heads`, () => {
      const { dim, ratioSTB, ratioTTB, heads, ...c } = variants[name]
      expect([c.STB, c.TTB, dim, ratioSTB * dim, ratioTTB * dim, heads]).to.deep.equal([STB, TTB, 768, 3072, 768, 12])
      // Sec. 4.2: 8 frames of 224 × 224 in patches of 16 × 16; Kinetics-400.
      expect([c.frames, c.height, c.width, c.patch, c.channels, c.classes]).to.deep.equal([8, 224, 224, 16, 3, 400])
      expect([c.cssa, c.fam, c.spatialPosition, c.temporalPosition]).to.deep.equal([true, true, true, true])
    })

  it('the small networks have sizes of their own', () => {
    const sizes = (name: 'digits' | 'tiny' | 'small') => {
      const { frames, height, patch, dim, heads, STB, TTB, classes } = variants[name]
      return [frames, height, patch, dim, heads, STB, TTB, classes]
    }
    expect(sizes('digits')).to.deep.equal([4, 16, 4, 32, 2, 2, 2, 8])
    expect(sizes('tiny')).to.deep.equal([8, 32, 8, 64, 4, 4, 3, 8])
    expect(sizes('small')).to.deep.equal([8, 64, 8, 192, 3, 6, 3, 10])
  })

  it('the baseline has neither CSSA nor FAM, and else the same structure (Figure 5)', () =>
    expect(baseline(variants.V2)).to.deep.equal({ ...variants.V2, cssa: false, fam: false }))
})
