/** What a step takes is counted from shapes: before anything is allocated. */
import { expect } from 'chai'
import fc from 'fast-check'
import { gpuEngine, ndarrayEngine, onnxEngine } from '../../lib/engines'
import { variants } from '../../lib/paper'
import { digitsRecipe, stepMemory, videoRecipe } from '../../lib/training'
import { configs } from '../laws/networks'

const recipe = (batch: number, parts = 1) => ({ ...videoRecipe(10), batch, parts })

describe('Memory of a step', () => {
  it('grows with the clips and not with the parts that they are done in', () =>
    fc.assert(
      fc.property(configs(), fc.constantFrom(2, 3), (config, parts) => {
        const [one, all, inParts] = [[1], [parts], [parts, parts]].map(([batch, n]) =>
          stepMemory(ndarrayEngine, config, recipe(batch!, n)),
        )
        expect(all!.activations).to.be.greaterThan(one!.activations)
        expect(all!.clips).to.equal(parts * one!.clips)
        // A part's values are those of one clip, and sums of gradients beside them.
        expect(inParts!.activations).to.be.at.most(one!.activations + 3 * one!.parameters)
        expect(all!.parameters).to.equal(one!.parameters)
      }),
      { numRuns: 10 },
    ))

  it('counts what an optimizer keeps, and nothing of it for what is frozen', () => {
    const of = (more: object) => stepMemory(ndarrayEngine, variants.digits, { ...digitsRecipe, ...more })
    const { parameters, optimizer } = of({})
    expect(optimizer).to.equal(2 * parameters + 8) // AdamW: two moments, and two powers
    expect(of({ optimizer: { kind: 'SGD', momentum: 0.9, decay: 0 } }).optimizer).to.equal(parameters)
    expect(of({ ema: 0.9 }).optimizer).to.equal(3 * parameters + 8)
    const frozen = of({ freeze: ['spatial'] })
    expect(frozen.parameters).to.equal(parameters)
    expect(frozen.optimizer).to.be.lessThan(optimizer / 2)
    expect(frozen.activations).to.be.lessThan(of({}).activations)
  })

  it('is that of V2, whose weights are never made', async () => {
    const onnx = await onnxEngine()
    const webasm = await gpuEngine({ mode: 'webasm' })
    try {
      const before = process.memoryUsage().external
      // Measured: docs/benchmarks/memory.json.
      expect(stepMemory(onnx, variants.V2, recipe(1)).total / 1e9).to.be.within(4, 5.5)
      expect(stepMemory(webasm, variants.V2, recipe(1)).inBlock / 2 ** 32).to.be.within(0.5, 1)
      expect(process.memoryUsage().external - before).to.be.lessThan(50e6)
    } finally {
      await Promise.all([onnx.close(), webasm.close()])
    }
  }).timeout(60_000)
})
