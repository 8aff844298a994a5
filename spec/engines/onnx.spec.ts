/** ONNX models and the engine that runs them. */
import { expect } from 'chai'
import fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import ndarray from 'ndarray'
import {
  abstract,
  add,
  DTypeError,
  entries,
  flat,
  fromArray,
  full,
  network,
  onnxEngine,
  scale,
  slice,
  type Tensor,
  total,
  trace,
  UserError,
} from '../../lib'
import { emit, encodeModel, modelFiles, type ModelProto } from '../../lib/engines'
import { over } from '../../lib/tensor'
import { networkModel } from '../../lib/training'
import { goldenCases, goldenNetwork } from '../golden'
import { runOn } from '../laws/gpu'
import { expectClose, expectSame, operandsOf } from '../laws/values'
import { passesChecker } from './onnx-checked'

type Clips = Tensor<['B', 'C', 'T', 'H', 'W']>
const TOLERANCE = 1e-5

const clips = (X: Tensor, B: number): Clips =>
  operandsOf([{ shape: [B, ...X.shape.slice(1)], range: 'any' }], B, 'float32')[0]!
const logitsOf = async (model: Uint8Array | string, X: Tensor): Promise<Tensor> => {
  const options = { intraOpNumThreads: 1 }
  const session = await (typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options))
  const { logits } = await session.run({ X: new OrtTensor('float32', flat(X) as Float32Array, X.shape) })
  await session.release()
  return over(logits!.data as Float32Array, logits!.dims)
}

describe('Constants of an ONNX graph', () => {
  it('have their numbers, be they few or many, alike or not', async () => {
    const engine = await onnxEngine({ threads: 1 })
    try {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 130 }), fc.nat(3), fc.nat(), async (n, others, seed) => {
          // One number everywhere but in a few places.
          const c = fromArray(
            Array.from({ length: n }, (_, i) => (i > 0 && i <= others ? i : 0.5)),
            [n],
          )
          const x = operandsOf([{ shape: [n], range: 'any' }], seed, 'float32')[0]!
          const [y] = await runOn(engine, v => add(v, c), x)
          expectSame(y!, add(x, c), `${n} numbers, ${others} of them others`)
        }),
        { numRuns: 40 },
      )
    } finally {
      await engine.close()
    }
  })
})

describe('A network as an ONNX model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-onnx-'))
  after(() => rmSync(folder, { recursive: true }))

  describe('computes the logits of any number of clips in ONNX Runtime', () => {
    for (const name of goldenCases)
      it(name, async () => {
        const { config, parameters, X } = goldenNetwork(name, 'float32')
        const model = encodeModel(networkModel(config, parameters))
        for (const B of [1, 3]) {
          const given = clips(X, B)
          expectClose(await logitsOf(model, given), network(config, parameters, given), TOLERANCE, `${B} clips`)
        }
      })
  })

  const { config, parameters, X } = goldenNetwork('default', 'float32')
  const model = networkModel(config, parameters)

  it('names inputs, outputs, weights and nodes after the equations', () => {
    const { input, output, initializer, node } = model.graph
    expect(input.map(x => [x.name, x.type.tensorType.shape.dim[0]])).to.deep.equal([['X', { dimParam: 'B' }]])
    expect(output.map(x => [x.name, x.type.tensorType.shape.dim])).to.deep.equal([
      ['logits', [{ dimParam: 'B' }, { dimValue: config.classes }]],
    ])
    expect(initializer.map(x => x.name)).to.include.members(entries(parameters).map(([path]) => path))
    const attention = node.find(n => n.opType === 'Softmax')!
    expect(attention.name).to.match(/^Transformer block\/Multi-head cross-stage attention\/.*\/softmax_\d+$/)
    expect(attention.docString).to.equal(
      "Cross-stage attention, App. A.1, Eq. (13): Q[N, h, S, d], K[N, h, S, d], V[N, h, S, d], alpha[...], A_prev[N', h, S', S']?\n   -> O[N, h, S, d], A[N, h, S, S], map[N, h, S, S], fused[N, h, S, S]",
    )
    expect(new Set(node.map(n => n.name)).size).to.equal(node.length)
    expect(model.opsetImport.map(({ domain }) => domain)).to.deep.equal([''])
  })

  it('computes the same logits with the dead work kept, without the slices that leave it out', async () => {
    const kept = networkModel(config, parameters, 'kept')
    const given = clips(X, 2)
    const [all, less] = await Promise.all([kept, model].map(m => logitsOf(encodeModel(m), given)))
    expectClose(all!, less!, TOLERANCE, 'logits')
    const slices = ({ graph }: ModelProto): number => graph.node.filter(n => n.opType === 'Slice').length
    expect(slices(kept)).to.be.below(slices(model))
  })

  it('holds its weights in a file beside it where they are too many for one', async () => {
    const files = modelFiles(model, 'model.data', 0)
    writeFileSync(join(folder, 'model.onnx'), files.model)
    writeFileSync(join(folder, 'model.data'), Buffer.concat(files.data!))
    const outside = files.data!.reduce((sum, bytes) => sum + bytes.length, 0)
    expect(modelFiles(model, '').model.length - files.model.length).to.be.above(outside / 2)
    const given = clips(X, 2)
    expectClose(
      await logitsOf(join(folder, 'model.onnx'), given),
      network(config, parameters, given),
      TOLERANCE,
      'logits',
    )
  })

  it('refuses a size that is not a multiple of the number of clips', () => {
    const graph = (B: number) => trace(x => slice(x.X, 0, 0, B - 1), { X: abstract([B, 2]) }).graph
    expect(() => emit(graph(5), { batch: { input: 'X', other: graph(7) } })).to.throw(
      UserError,
      'export: every size must be a multiple of the batch or independent of it, got 4 for 5 and 6 for 7',
    )
  })

  passesChecker(folder, ['default'])
})

describe('The engine onnx', () => {
  it('tells nobody that it runs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cstransformer-quiet-'))
    try {
      const code = `
        const { onnxEngine, trace, exp, full } = require('./lib')
        onnxEngine().then(async engine => {
          const x = full(1, [2])
          const [y] = await (await engine.compile(trace(exp, x).graph))([engine.upload(x)])
          console.log((await engine.download(y)).data.length)
          await engine.close()
        })`
      const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env
      const args = ['-r', 'ts-node/register/transpile-only', '-e', code]
      const { stdout, stderr } = spawnSync(process.execPath, args, {
        env: { ...env, TMPDIR: folder },
        encoding: 'utf8',
      })
      expect(stdout, stderr).to.equal('2\n')
      // Telemetry would keep what it is about to send in files there; TypeScript keeps what it compiled.
      expect(readdirSync(folder).filter(name => !name.startsWith('v8-compile-cache'))).to.deep.equal([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('says which providers there are where the one asked for is not', async () => {
    const error = await onnxEngine({ provider: 'cuda' }).then(
      () => undefined,
      (e: unknown) => e,
    )
    // A machine with CUDA has nothing to say.
    if (error !== undefined)
      expect((error as Error).message).to.match(/^engine onnx: the provider must be one of cpu, .*, got 'cuda'$/)
  })

  for (const threads of [0, -1, 1.5, NaN, 513, '2'])
    it(`refuses ${String(threads)} threads`, async () =>
      expect(await onnxEngine({ threads: threads as number }).then(String, (error: Error) => error.message)).to.match(
        /^engine onnx: threads must be a whole number from 1 to 512, got /,
      ))

  it('runs a graph whose outputs are inputs, constants and one value twice', async () => {
    const engine = await onnxEngine({ threads: 1 })
    const x = full(2, [2])
    const { graph } = trace((v: Tensor) => ({ v, c: full(3, [2]), y: scale(v, 2), again: scale(v, 2) }), x)
    const run = await engine.compile(graph)
    const made = await Promise.all((await run([engine.upload(x)])).map(engine.download))
    expect(made.map(y => [...flat(y)])).to.deep.equal([
      [2, 2],
      [3, 3],
      [4, 4],
      [4, 4],
    ])
    await engine.close()
  })

  it('computes with constants, large and small, of one number and of several', async () => {
    const engine = await onnxEngine({ threads: 1 })
    const x = full(1, [100])
    for (const last of [7, 1]) {
      const values = Float32Array.from({ length: 100 }, (_, i) => (i === 99 ? last : 1))
      const run = await engine.compile(trace((v: Tensor) => add(v, over(values, [100])), x).graph)
      const [y] = await run([engine.upload(x)])
      expect([...flat(await engine.download(y!))]).to.deep.equal([...values].map(v => v + 1))
    }
    await engine.close()
  })

  it('refuses tensors of integers', async () => {
    const engine = await onnxEngine({ threads: 1 })
    const integers = ndarray(new Int32Array(2)) as unknown as Tensor
    expect(() => engine.upload(integers)).to.throw(DTypeError, 'must hold float32 or float64, got an ndarray of int32')
    await engine.close()
  })

  it('keeps the type of a graph', async () => {
    const engine = await onnxEngine({ threads: 1 })
    const x = full(1 / 3, [2], 'float64')
    const run = await engine.compile(trace((v: Tensor) => total(v), x).graph)
    const [y] = await run([engine.upload(x)])
    expect(flat(await engine.download(y!))).to.deep.equal(Float64Array.of(2 / 3))
    await engine.close()
  })
})
