/** Values computed again in the backward pass: the same bits, in less memory. */
import { expect } from 'chai'
import fc from 'fast-check'
import { abstractParameters, configure, gpuEngine, onnxEngine, type Parameters, type Tensor, variants } from '../../lib'
import { flat } from '../../lib/tensor'
import { abstract, leaves, trace } from '../../lib/trace'
import { gradientOf, lossOf } from '../../lib/training'
import { cost, peakBytes, rematerialised, valueAndGrad, withoutDeadWork } from '../../lib/transforms'
import { goldenCases, goldenNetwork } from '../golden'
import { randomLoss, randomOperands } from '../laws/rewrites'
import { expectSameTree } from '../laws/values'

/** The loss and gradient of one clip, and what it is of, as shapes. */
const ofClip = (config: ReturnType<typeof configure>) => {
  const { channels, frames, height, width } = config
  const X = abstract([1, channels, frames, height, width]) as Tensor<['B', 'C', 'T', 'H', 'W']>
  return [gradientOf(config), abstractParameters(config), { X, labels: abstract([1]) }] as const
}

describe('rematerialised', () => {
  it('computes random functions and their gradients to the same bits, in however many pieces', () =>
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40 }), (seed, steps, pieces) => {
        const xs = randomOperands(seed)
        const f = valueAndGrad(randomLoss(seed, steps))
        expectSameTree(rematerialised(f, pieces)(xs), f(xs))
      }),
      { numRuns: 80 },
    ))

  it('needs no more memory than the function does', () =>
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, steps) => {
        const xs = randomOperands(seed)
        const f = valueAndGrad(randomLoss(seed, steps))
        expect(peakBytes(trace(rematerialised(f), xs).graph)).to.be.at.most(peakBytes(trace(f, xs).graph))
      }),
      { numRuns: 40 },
    ))

  describe('changes no bit of loss, logits and gradients of the network', () => {
    for (const name of goldenCases)
      it(name, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
        const f = valueAndGrad(withoutDeadWork((p: Parameters) => lossOf(config, p, { X, labels })))
        const expected = f(parameters)
        for (const pieces of [undefined, 3, 10, 40]) expectSameTree(rematerialised(f, pieces)(parameters), expected)
      })
  })

  it('is of the backward pass: a function without one stays as it is', () => {
    const { config, parameters, X, labels } = goldenNetwork('default', 'float64')
    const f = (p: Parameters) => lossOf(config, p, { X, labels })
    const [plain, again] = [f, rematerialised(f, 8)].map(g => trace(g, parameters).graph)
    expect(again!.nodes.length).to.equal(plain!.nodes.length)
  })

  it('is a third of the memory of a V2 of 32 frames, for a fifth more products', () => {
    const [f, p, batch] = ofClip(configure({ ...variants.V2, frames: 32 }))
    const [plain, again] = [f, rematerialised(f)].map(g => peakBytes(trace(g, p, batch).graph))
    expect(again! / plain!).to.be.below(0.4)
    const [once, twice] = [f, rematerialised(f)].map(g => cost(g, p, batch).flops.products)
    expect(twice! / once!).to.be.within(1.1, 1.2)
  }).timeout(120_000)

  describe('holds in what an engine makes of it, whose values it merges and orders as it likes', () => {
    const config = configure({ ...variants.small, frames: 8, STB: 8, TTB: 2, ratioSTB: 2, classes: 4 })
    for (const [name, open] of [
      ['onnx', () => onnxEngine({ threads: 1 })],
      ['gpu on webasm', () => gpuEngine({ mode: 'webasm' })],
    ] as const)
      it(name, async () => {
        const engine = await open()
        try {
          const [f, p, batch] = ofClip(config)
          const [plain, again] = [f, rematerialised(f)].map(g => engine.memory(trace(g, p, batch).graph).values)
          expect(again! / plain!).to.be.below(0.6)
        } finally {
          await engine.close()
        }
      }).timeout(120_000)
  })

  for (const [name, open] of [
    ['onnx', () => onnxEngine({ threads: 1 })],
    ['gpu on webasm', () => gpuEngine({ mode: 'webasm' })],
    ['gpu on cpu', () => gpuEngine({ mode: 'cpu' })],
  ] as const)
    it(`is the same gradient on the engine ${name}`, async () => {
      const engine = await open()
      const { config, parameters, X, labels } = goldenNetwork('default', 'float32')
      const f = (p: Parameters) => gradientOf(config)(p, { X, labels }).gradient
      const run = async (g: typeof f): Promise<readonly Tensor[]> => {
        const { graph } = trace(g, parameters)
        const handles = leaves(parameters).map(x => engine.upload(x)) as never[]
        const made = await (await engine.compile(graph))(handles)
        return Promise.all(made.map(h => engine.download(h as never)))
      }
      try {
        const expected = await run(f)
        for (const [i, x] of (await run(rematerialised(f, 6))).entries())
          flat(x).forEach((v, k) => expect(v).to.be.closeTo(flat(expected[i]!)[k]!, 1e-5))
      } finally {
        await engine.close()
      }
    }).timeout(120_000)
})
