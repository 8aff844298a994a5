/** Training of functions that are no network of the paper. */
import { expect } from 'chai'
import { add, type Engine, flat, fromArray, gpuEngine, grad, matmul, mean, mul, ndarrayEngine, onnxEngine, scale, sub, type Tensor, total } from '../../lib' // prettier-ignore
import { adamw, DivergedError, keptOf, minimise, noiseOf, sgd } from '../../lib/training'

const x = fromArray([0, 1, 2, 3], [4, 1])
const y = fromArray([1, 3, 5, 7], [4, 1])
const line = { weights: [fromArray([0], [1, 1])], bias: fromArray([0], [1]) }
type Line = typeof line
const squared = (p: Line, { x, y }: { x: Tensor; y: Tensor }): Tensor<[]> => {
  const off = sub(add(matmul(x, p.weights[0]!), p.bias), y)
  return scale<[]>(total(mul(off, off)), 1 / 4)
}
const settings = { loss: squared, parameters: line, batch: () => ({ x, y }), steps: 60, rate: 0.1 }

const engines: readonly [string, () => Promise<Engine>][] = [
  ['ndarray', async () => ndarrayEngine as Engine],
  ['onnx', async () => (await onnxEngine()) as Engine],
  ['gpu, webasm', async () => (await gpuEngine({ mode: 'webasm' })) as Engine],
]

describe('Minimising any loss', () => {
  for (const [name, open] of engines)
    it(`learns a line on ${name}, from a record of any form`, async () => {
      const engine = await open()
      let found = line
      try {
        const optimizer = sgd({ momentum: 0.5, decay: 0 })
        for await (const { step, parameters } of minimise({ ...settings, engine, optimizer }))
          if (step === settings.steps) found = await parameters()
      } finally {
        await engine.close()
      }
      expect(flat(found.weights[0]!)[0]).to.be.closeTo(2, 0.01)
      expect(flat(found.bias)[0]).to.be.closeTo(1, 0.02)
    })

  it('takes the steps of gradient descent, at the rate of each step', async () => {
    const rate = (i: number) => 0.1 / (i + 1)
    let expected = line
    for await (const { step, parameters } of minimise({
      ...settings,
      steps: 3,
      rate,
      engine: ndarrayEngine,
      optimizer: sgd({ momentum: 0, decay: 0 }),
    })) {
      // prettier-ignore
      const g = grad(squared)(expected, { x, y })
      expected = {
        weights: [sub(expected.weights[0]!, scale(g.weights[0]!, rate(step - 1)))],
        bias: sub(expected.bias, scale(g.bias, rate(step - 1))),
      }
      const found = await parameters()
      expect(flat(found.weights[0]!)[0]).to.be.closeTo(flat(expected.weights[0]!)[0]!, 1e-5)
      expect(flat(found.bias)[0]).to.be.closeTo(flat(expected.bias)[0]!, 1e-5)
    }
  })

  it('stops where a loss is not finite, and names the step', async () => {
    const run = async () => {
      for await (const _ of minimise({
        ...settings,
        rate: 1e20,
        engine: ndarrayEngine,
        optimizer: adamw({ decay: 0 }),
      }));
    }
    const error = await run().catch((e: unknown) => e)
    expect(error).to.be.instanceOf(DivergedError)
    expect((error as Error).message).to.match(/^step \d+: the loss must be finite, got /)
  })
})

describe('What a step draws', () => {
  it('is of its seed, name and step alone', () => {
    const draw = { seed: 1, step: 2, name: 'first' }
    for (const of of [(d: typeof draw) => keptOf(0.4, [50], d), (d: typeof draw) => noiseOf(0.4, [50], d)]) {
      expect([...flat(of(draw))]).to.deep.equal([...flat(of({ ...draw }))])
      for (const other of [{ seed: 2 }, { step: 3 }, { name: 'second' }])
        expect([...flat(of({ ...draw, ...other }))]).to.not.deep.equal([...flat(of(draw))])
    }
  })
  it('keeps its mean: parts that are left out, and noise of its deviation', () => {
    const kept = flat(keptOf(0.25, [20000], { seed: 1, step: 0 }))
    expect(new Set(kept)).to.deep.equal(new Set([0, Math.fround(4 / 3)]))
    expect(flat(mean(fromArray([...kept], [20000]), [0]))[0]).to.be.closeTo(1, 0.03)
    const noise = [...flat(noiseOf(0.5, [20000], { seed: 1, step: 0 }))]
    expect(noise.reduce((a, b) => a + b, 0) / 20000).to.be.closeTo(0, 0.02)
    expect(Math.sqrt(noise.reduce((a, b) => a + b * b, 0) / 20000)).to.be.closeTo(0.5, 0.02)
  })
})
