/** Frozen parameters: they stay as they are, and what depends on them alone can be computed once. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Engine, gpuEngine, ndarrayEngine, onnxEngine } from '../../lib/engines'
import { abstractParameters, configure, initialParameters, network, variants } from '../../lib/paper'
import { concatAll, slice } from '../../lib/primitives'
import { fromArray, randomStream, type Tensor, truncatedNormal, UserError } from '../../lib/tensor'
import { entries } from '../../lib/trace'
import {
  type Batch,
  checkFreeze,
  checkRecipe,
  cutOf,
  decodeCheckpoint,
  encodeCheckpoint,
  namedBy,
  type Recipe,
  startState,
  type State,
  train,
  weightsOf,
} from '../../lib/training'
import { configs, randomClips, randomParameters } from '../laws/networks'
import { expectClose, expectSame } from '../laws/values'

const paths = entries(abstractParameters(variants.V2)).map(([path]) => path)
const named = (...patterns: string[]): string[] => paths.filter(namedBy(patterns))

const config = configure({
  channels: 1, frames: 2, height: 8, width: 8, patch: 4, dim: 4, heads: 2, STB: 3, TTB: 2, classes: 3,
}) // prettier-ignore
const recipe = (more: Partial<Recipe> = {}): Recipe =>
  checkRecipe({
    ...{ optimizer: { kind: 'SGD', momentum: 0.9, decay: 0.01 }, rate: 0.1, batch: 4, steps: 3, sigma: 0.3 },
    ...{ schedule: { kind: 'warm-up and cosine', warmup: 0 } },
    ...more,
  })
const batchOf = (step: number): Batch => {
  const stream = randomStream(step, 'clips')
  const X = truncatedNormal(stream, [4, 1, 2, 8, 8], 1, 'float32') as Batch['X']
  return { X, labels: fromArray(Float32Array.from([0, 1, 2, 1]), [4]) }
}
const start = (given: Recipe): State => startState(given, initialParameters(config, 1, { sigma: 0.3, alpha: 0.2 }))

/** All steps of a recipe, of clips, or of features of clips where they are kept. */
const trained = async <H>(engine: Engine<H>, given: Recipe, kept = false) => {
  const cut = kept ? cutOf(config, given.freeze!) : undefined
  const state = start(given)
  const features = ({ X, ...rest }: Batch): Batch =>
    cut ? { ...rest, X: cut.features(cut.read.features(state.parameters), X as Tensor) as Batch['X'] } : { X, ...rest }
  const batch = (step: number): Batch => features(batchOf(step))
  const losses: number[] = []
  let last = state
  for await (const { loss, state: download } of train({ engine, config, recipe: given, state, batch, cut })) {
    losses.push(loss)
    last = await download()
  }
  return { losses, state: last }
}
const all = ({ parameters, optimizer }: State) => [...entries(parameters), ...entries(optimizer, 'optimizer')]

describe('Patterns of parameters', () => {
  it('name paths by what these begin with, numbers by ranges, and parts of names by *', () => {
    expect(named('head')).to.deep.equal(['head.gain', 'head.bias', 'head.W', 'head.b'])
    expect(named('STB.0-8')).to.deep.equal(paths.filter(path => /^STB\.[0-8]\./.test(path)))
    expect(named('STB.10-11')).to.deep.equal(paths.filter(path => /^STB\.1[01]\./.test(path)))
    expect(named('STB.1')).to.deep.equal(paths.filter(path => path.startsWith('STB.1.')))
    expect(named('*TB.*.W_Q')).to.deep.equal(paths.filter(path => path.endsWith('W_Q')))
    expect(named('P_*', '*.*.alpha')).to.deep.equal(paths.filter(path => /^P_|\.alpha$/.test(path)))
    expect(named('spatial')).to.deep.equal(paths.filter(path => /^(patch|V_cls|P_s|P_t|STB)\b/.test(path)))
    expect(named('STB.')).to.deep.equal([])
    expect(named('.*')).to.deep.equal([])
    expect(named('T')).to.deep.equal([])
  })

  it('must name something, and leave something', () => {
    const check =
      (...patterns: string[]) =>
      () =>
        checkFreeze(patterns, abstractParameters(variants.V2))
    expect(check('spatial', 'TTB.0-4')).not.to.throw()
    expect(check('head', 'STB.12-15')).to.throw(
      UserError,
      "freeze must name parameters by patterns as 'spatial', 'STB.0-8' or '*.*.W_Q', got 'STB.12-15', which names none (paths begin with patch, V_cls, P_s, P_t, STB, TTB, FAM, head)",
    )
    expect(check('spatial', 'TTB', 'FAM', 'head')).to.throw(
      UserError,
      `freeze must leave something to train, got spatial,TTB,FAM,head, which names all ${paths.length} tensors`,
    )
    expect(() => recipe({ freeze: [] })).to.throw(UserError, 'freeze must be a list of patterns, got []')
  })
})

describe('A network whose first part is frozen', () => {
  const patterns = fc.constantFrom(
    ['spatial'],
    ['patch', 'V_cls', 'P_s', 'P_t', 'STB.0'],
    ['spatial', 'FAM'],
    ['patch'],
    ['patch', 'P_t', 'head', 'STB.1', 'TTB'],
  )
  it('is, bit for bit, the logits of the features of each of its clips', () =>
    fc.assert(
      fc.property(configs(), patterns, fc.nat(), (of, freeze, seed) => {
        const parameters = randomParameters(of, seed)
        const X = randomClips(of, 3, seed) as Tensor<['B', 'C', 'T', 'H', 'W']>
        for (const deadWork of ['left out', 'kept'] as const) {
          const cut = cutOf(of, freeze, deadWork)!
          const features = cut.features(cut.read.features(parameters), X)
          expect([...features.shape]).to.deep.equal([3, cut.numbers])
          const each = [0, 1, 2].map(i => cut.features(parameters, slice(X as Tensor, 0, i, i + 1)))
          expectSame(concatAll(0, each), features, 'features')
          expectSame(cut.logits(cut.read.logits(parameters), features as never), network(of, parameters, X), 'logits')
        }
      }),
      { numRuns: 20 },
    ))

  it('is not cut where clips meet what is trained at once', () => {
    expect(cutOf(config, ['STB', 'TTB', 'P_s'])).to.equal(undefined)
    expect(cutOf(config, ['patch.b', 'V_cls'])).to.equal(undefined)
  })

  it("has L_s·T·C' features a clip, and reads no more of the spatial stage than these, in V2 (decision D6)", () => {
    const cut = cutOf(variants.V2, ['spatial'])!
    expect(cut.numbers).to.equal(12 * 8 * 768)
    const parameters = abstractParameters(variants.V2)
    const read = (part: 'features' | 'logits') => entries(cut.read[part](parameters)).map(([path]) => path)
    expect(read('features')).to.deep.equal(named('spatial'))
    expect(read('logits')).to.deep.equal(paths.filter(path => !namedBy(['spatial'])(path)))
  })
})

describe('Training with frozen parameters', () => {
  const freeze = ['spatial']
  const more: readonly Partial<Recipe>[] = [
    {},
    { parts: 2, clip: 0.5 },
    { optimizer: { kind: 'AdamW', decay: 0.01 }, ema: 0.9, layerDecay: 0.8, dropPath: 0.4, smoothing: 0.1 },
  ]
  it('leaves them as they are, without momentum, decay, average or rate', async () => {
    for (const given of more.map(m => recipe({ ...m, freeze: ['spatial', 'TTB.0', '*.b'] }))) {
      const isFrozen = namedBy(given.freeze!)
      const { state } = await trained(ndarrayEngine, given)
      const before = new Map(all(start(given)))
      const kept = all(state).filter(([path]) => isFrozen(path))
      expect(kept.map(([path]) => path)).to.deep.equal(named('spatial', 'TTB.0', '*.b').filter(p => before.has(p)))
      for (const [path, x] of kept) expectSame(x, before.get(path)!, path)
      const ofOptimizer = entries(state.optimizer).map(([path]) => path.replace(/^(of\.)?\w+\.|^average\./, ''))
      expect(ofOptimizer.filter(path => isFrozen(path.replace(/^m\.|^v\./, '')))).to.deep.equal([])
      expect(entries(weightsOf(state)).map(([path]) => path)).to.deep.equal(
        entries(state.parameters).map(([path]) => path),
      )
    }
  })

  it('gives the others the gradient that they have when nothing is frozen', async () => {
    const one = { steps: 1, optimizer: { kind: 'SGD', momentum: 0.9, decay: 0.01 } } as const
    const { state: whole } = await trained(ndarrayEngine, recipe(one))
    const expected = new Map(all(whole))
    const { state } = await trained(ndarrayEngine, recipe({ ...one, freeze }))
    for (const [path, x] of all(state)) if (!namedBy(freeze)(path)) expectSame(x, expected.get(path)!, path)
  })

  it('of features that are kept is that of clips, bit for bit', async () => {
    for (const given of more.map(m => recipe({ ...m, freeze }))) {
      const [a, b] = [await trained(ndarrayEngine, given, true), await trained(ndarrayEngine, given)]
      expect(a.losses).to.deep.equal(b.losses)
      const expected = new Map(all(b.state))
      expect(all(a.state).map(([path]) => path)).to.deep.equal([...expected.keys()])
      for (const [path, x] of all(a.state)) expectSame(x, expected.get(path)!, path)
    }
  })

  const open: Readonly<Record<string, () => Promise<Engine>>> = {
    onnx: async () => (await onnxEngine({ threads: 1 })) as Engine,
    'gpu on webasm': async () => (await gpuEngine({ mode: 'webasm' })) as Engine,
  }
  for (const [name, opened] of Object.entries(open))
    it(`is the same on the engine ${name}`, async () => {
      const engine = await opened()
      try {
        for (const given of more.slice(0, 2).map(m => recipe({ ...m, freeze }))) {
          const expected = new Map(all((await trained(ndarrayEngine, given)).state))
          for (const kept of [true, false])
            for (const [path, x] of all((await trained(engine, given, kept)).state))
              expectClose(x, expected.get(path)!, 2e-5, path)
        }
      } finally {
        await engine.close()
      }
    })

  it('is remembered by its checkpoint', () => {
    const given = recipe({ ...more[2], freeze })
    const checkpoint = { config, recipe: given, seed: 1, step: 0, state: start(given) }
    const read = decodeCheckpoint(encodeCheckpoint(checkpoint), 'a.safetensors')
    expect(read.recipe.freeze).to.deep.equal(freeze)
    const expected = new Map(all(checkpoint.state))
    for (const [path, x] of all(read.state)) expectSame(x, expected.get(path)!, path)
  })
})
