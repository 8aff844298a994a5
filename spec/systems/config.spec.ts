/** Configurations of the systems: what is checked, and what is published. */
import { expect } from 'chai'
import { abstractNetwork, configureNetwork, configureSystem, systemVariants } from '../../lib/systems'
import { describeNetwork } from '../../lib/systems/describe'
import { costOf } from '../../lib/systems/costs'
import { sizeOf } from '../../lib/tensor'
import { leaves } from '../../lib/trace'

const { TimeSformer, 'ViViT-B/16x2': viViT, 'ViViT-B/16x2 FE': factorised, 'ViT-B-VTN': vtn } = systemVariants

describe('A configuration of a system', () => {
  for (const [name, config] of Object.entries(systemVariants))
    it(`${name}: is one as it is published`, () => {
      expect(configureSystem(config)).to.deep.equal({ gelu: 'exact', ...config })
      expect(configureNetwork(config)).to.deep.equal(configureSystem(config))
    })

  const faults: readonly (readonly [object, string])[] = [
    [{ ...TimeSformer, system: 'resnet' }, "system must be 'timesformer' or 'vivit' or 'vtn', got 'resnet'"],
    [{ ...TimeSformer, attention: 'axial' }, "attention must be 'divided' or 'joint' or 'space', got 'axial'"],
    [{ ...TimeSformer, heads: 5 }, 'heads must be a divisor of dim (768), got 5'],
    [{ ...TimeSformer, height: 100 }, 'height must be a multiple of patch (16), got 100'],
    [{ ...TimeSformer, width: 100 }, 'width must be a multiple of patch (16), got 100'],
    [{ ...TimeSformer, ratio: 0 }, 'ratio must be a number above 0, got 0'],
    [{ ...TimeSformer, ratio: 1 / 7 }, 'ratio must be whole times dim (768), got 0.14285714285714285'],
    [{ ...TimeSformer, cssa: 1 }, 'cssa must be true or false, got 1'],
    [{ ...TimeSformer, gelu: 'fast' }, "gelu must be 'exact' or 'tanh', got 'fast'"],
    [{ ...TimeSformer, frames: 1.5 }, 'frames must be a whole number of at least 1, got 1.5'],
    [{ ...TimeSformer, classes: undefined }, 'classes must be a whole number of at least 1, got missing'],
    [{ ...TimeSformer, tubelet: 2 }, "width, patch, blocks, classes, attention, got 'tubelet'"],
    [{ ...viViT, model: 3 }, 'model must be 1 or 2, got 3'],
    [{ ...viViT, frames: 31 }, 'frames must be a multiple of tubelet (2), got 31'],
    [{ ...factorised, temporalBlocks: 0 }, 'temporalBlocks must be a whole number of at least 1, got 0'],
    [{ ...vtn, window: 0 }, 'window must be a whole number of at least 1, got 0'],
  ]
  for (const [values, text] of faults)
    it(`is refused: ${text}`, () => expect(() => configureSystem(values)).to.throw(text))

  it('is CSTransformer where it names no system', () =>
    expect(configureNetwork({ dim: 48, heads: 3 })).to.include({ dim: 48, STB: 12, TTB: 6 }))

  it('is told in words', () => {
    expect(describeNetwork({ ...TimeSformer, cssa: true, fam: true })).to.equal(
      "TimeSformer, divided space-time attention, 12 blocks, C' 768, 12 heads, CSSA, FAM",
    )
    expect(describeNetwork(factorised)).to.equal("ViViT model 2, 12 blocks in space, 4 along time, tubelets of 2 frames, C' 768, 12 heads") // prettier-ignore
  })
})

describe('What is published', () => {
  // Bertasius et al. (2021), Tables 2 and 5: parameters of divided attention, and TFLOPs of three views.
  const teraOf = (name: keyof typeof systemVariants): number => (3 * costOf(systemVariants[name]).flops.products) / 2e12
  it('TimeSformer has 121.4 M parameters', () => {
    const count = leaves(abstractNetwork(TimeSformer)).reduce((sum, x) => sum + sizeOf(x.shape), 0)
    expect(count / 1e6).to.be.closeTo(121.4, 0.2)
  })
  it('TimeSformer, HR and L take 0.59, 5.11 and 7.14 TFLOPs in three views, counted in multiply-adds', () => {
    expect(teraOf('TimeSformer')).to.be.closeTo(0.59, 0.005)
    expect(teraOf('TimeSformer-HR')).to.be.closeTo(5.11, 0.005)
    expect(teraOf('TimeSformer-L')).to.be.closeTo(7.14, 0.005)
  })
})
