/** A step in parts is the step: the mean of the parts' gradients is the gradient of the batch. */
import { expect } from 'chai'
import fc from 'fast-check'
import { configure, initialParameters } from '../../lib/paper'
import { type Engine, gpuEngine, ndarrayEngine, onnxEngine } from '../../lib/engines'
import { cast, flat, fromArray, over, randomStream, type Tensor, truncatedNormal } from '../../lib/tensor'
import { entries, leaves, mapTree, rebuild } from '../../lib/trace'
import {
  type Batch,
  compileStep,
  DivergedError,
  prepared,
  type Recipe,
  startState,
  type State,
  train,
} from '../../lib/training'
import { expectClose, expectSame } from '../laws/values'

const config = configure({
  channels: 1, frames: 2, height: 8, width: 8, patch: 4, dim: 4, heads: 2, STB: 2, TTB: 2, classes: 3,
}) // prettier-ignore
const recipe = (parts: number, more: Partial<Recipe> = {}): Recipe => ({
  ...{ optimizer: { kind: 'AdamW', decay: 0.01 }, rate: 0.01, batch: 6, steps: 9, clip: 0.5, sigma: 0.3, parts },
  ...{ schedule: { kind: 'warm-up and cosine', warmup: 0 } },
  ...more,
}) // prettier-ignore
const batchOf = (seed: number, dtype: 'float32' | 'float64'): Batch => {
  const stream = randomStream(seed, 'clips')
  const labels = Array.from({ length: 6 }, () => Math.floor(3 * stream()))
  return { X: truncatedNormal(stream, [6, 1, 2, 8, 8], 1, dtype) as Batch['X'], labels: fromArray(labels, [6], dtype) }
}
const stateOf = (given: Recipe, dtype: 'float32' | 'float64'): State =>
  startState(given, initialParameters(config, 1, { sigma: 0.3, alpha: 0.2, dtype }))

/** Some steps on an engine. */
const run = async <H>(engine: Engine<H>, given: Recipe, seed: number, dtype: 'float32' | 'float64') => {
  const state = stateOf(given, dtype)
  const batch = (step: number): Batch =>
    mapTree(x => cast(x, dtype), prepared(given, config, 1, step, batchOf(seed + step, dtype)))
  const step = await compileStep(engine, config, given, state, batch(0))
  let handles: readonly H[] = leaves(state).map(engine.upload)
  const results: { loss: number; norm: number; logits: Tensor }[] = []
  for (let s = 0; s < 2; s++) {
    const { state: next, ...result } = await step(handles, batch(s), 0.01)
    engine.release(handles)
    handles = next
    results.push(result)
  }
  const made = rebuild(state, await Promise.all(handles.map(engine.download)))
  engine.release(handles)
  return { results, state: made }
}
type Run = Awaited<ReturnType<typeof run>>
const expectSameRun = (a: Run, b: Run, tolerance: number): void => {
  a.results.forEach(({ loss, norm, logits }, s) => {
    expect(loss).to.be.closeTo(b.results[s]!.loss, tolerance)
    expect(norm).to.be.closeTo(b.results[s]!.norm, tolerance * 10)
    expectClose(logits, b.results[s]!.logits, tolerance, `logits of step ${s + 1}`)
  })
  const others = new Map(entries(b.state))
  for (const [path, x] of entries(a.state)) expectClose(x, others.get(path)!, tolerance, path)
}

describe('A step in parts', () => {
  it('is the undivided step at float64 rounding, whatever the recipe adds', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2, 3, 6),
        fc.constantFrom<Partial<Recipe>>(
          {},
          { optimizer: { kind: 'SGD', momentum: 0.9, decay: 1e-4 }, clip: 0.01 },
          { smoothing: 0.1, classWeights: [1, 2, 3], mixup: 0.5, ema: 0.9, layerDecay: 0.8, dropPath: 0.5 },
        ),
        fc.nat(1000),
        async (parts, more, seed) =>
          expectSameRun(
            await run(ndarrayEngine, recipe(parts, more), seed, 'float64'),
            await run(ndarrayEngine, recipe(1, more), seed, 'float64'),
            1e-10,
          ),
      ),
      { numRuns: 10 },
    ))

  it('has the same bits each time', async () => {
    const [a, b] = [await run(ndarrayEngine, recipe(3), 1, 'float32'), await run(ndarrayEngine, recipe(3), 1, 'float32')] // prettier-ignore
    expect(a.results.map(r => r.loss)).to.deep.equal(b.results.map(r => r.loss))
    const others = new Map(entries(b.state))
    for (const [path, x] of entries(a.state)) expectSame(x, others.get(path)!, path)
  })

  const open: Readonly<Record<string, () => Promise<Engine>>> = {
    onnx: async () => (await onnxEngine({ threads: 1 })) as Engine,
    'gpu on webasm': async () => (await gpuEngine({ mode: 'webasm' })) as Engine,
    'gpu on cpu': async () => (await gpuEngine({ mode: 'cpu' })) as Engine,
  }
  for (const [name, opened] of Object.entries(open))
    it(`is the undivided step on the engine ${name}`, async () => {
      const engine = await opened()
      // SGD: what AdamW makes of a gradient near 0 is its sign.
      const sgd = { optimizer: { kind: 'SGD', momentum: 0.9, decay: 1e-4 } } as const
      try {
        const undivided = await run(engine, recipe(1, sgd), 5, 'float32')
        expectSameRun(await run(engine, recipe(3, sgd), 5, 'float32'), undivided, 2e-5)
      } finally {
        await engine.close()
      }
    })
})

describe('A step in parts that diverges', () => {
  const perClip = 2 * 8 * 8
  /** What is said of a step of which one clip overflows: its numbers are finite, and sums of them are not. */
  const said = async (clip: number): Promise<string> => {
    const given = recipe(3)
    const { X, labels } = batchOf(1, 'float32')
    const values = Float32Array.from(flat(X)).fill(3e38, clip * perClip, (clip + 1) * perClip)
    const batch = (): Batch => ({ X: over(values, X.shape), labels })
    try {
      for await (const _ of train({
        engine: ndarrayEngine,
        config,
        recipe: given,
        state: stateOf(given, 'float32'),
        batch,
      }))
        expect.fail('it goes on')
    } catch (error) {
      expect(error).to.be.instanceOf(DivergedError)
      return (error as Error).message
    }
    return 'nothing'
  }

  it('names a parameter, whichever part it is that does', async () => {
    const [path] = entries(stateOf(recipe(3), 'float32').parameters)[0]!
    for (const clip of [0, 3, 5])
      expect(await said(clip)).to.equal(
        `step 1: the loss must be finite, got NaN; the first gradient that is not finite is that of '${path}'`,
      )
  })
})
