/** Attention in WebAssembly, against the reference in float64. */
import { expect } from 'chai'
import {
  attentionGradient,
  fusedAttention,
  fusedMaskedAttention,
  mul,
  permute,
  slice,
  total,
} from '../../../../lib/primitives'
import { cast, type DType, flat, fromArray, type Shape, type Tensor } from '../../../../lib/tensor'
import { entries, leaves, mapTree, trace } from '../../../../lib/trace'
import { grad, valueAndGrad, withFusedAttention } from '../../../../lib/transforms'
import type { Parameters } from '../../../../lib/paper'
import { makeAbstract } from '../../../../lib/systems'
import { lossOf } from '../../../../lib/training'
import { goldenNetwork, under } from '../../../golden'
import { goldenSystem, systemOf } from '../../../systems/golden'
import { gpuEngine, wasmListing } from '../../../../lib/engines'
import { planOf } from '../../../../lib/engines/gpu/plan/plan'
import { openMachine } from '../../../../lib/engines/gpu/wasm/runtime/machine'
import { expectNear, operandsOf } from '../../../laws/values'

/** Runs a function's plan, whose kernels of attention are there, on some threads. */
const run = async (f: (...xs: Tensor[]) => unknown, xs: readonly Tensor[], threads: number) => {
  const { graph } = trace(f, ...xs)
  const plan = planOf(graph, true)
  expect(plan.steps.map(s => s.work.kind)).to.include('attention')
  const machine = openMachine(threads)
  const made = await (
    await machine.compile(plan)
  )(new Map([...xs.entries(), ...plan.constants].map(([i, x]) => [i, machine.upload(flat(x) as Float32Array)])))
  const found = plan.outputs.map(({ array }) => machine.download(made.get(array)!))
  await machine.close()
  return found
}
/** The same numbers in either type. */
const drawn = (shapes: readonly Shape[], dtype: DType): Tensor[] =>
  operandsOf(shapes.map(shape => ({ shape, range: 'any' })), 5, dtype) // prettier-ignore

const agrees = async (f: (...xs: Tensor[]) => unknown, shapes: readonly Shape[], threads: number): Promise<void> => {
  const found = await run(f, drawn(shapes, 'float32'), threads)
  leaves(f(...drawn(shapes, 'float64'))).forEach((y, i) =>
    expectNear(found[i]!, flat(y), 1e-5, `result ${i} of ${shapes.join('; ')}`),
  )
}

describe('Attention in WebAssembly', () => {
  const sizes = [
    [1, 1, 1, 1, 1], [2, 5, 7, 3, 2], [3, 17, 129, 8, 5], [1, 130, 127, 65, 16], [2, 128, 256, 16, 33], [1, 261, 19, 300, 4], [5, 4, 3, 2, 270],
  ] as const // prettier-ignore
  for (const threads of [1, 3])
    it(`is the reference's for sizes around those of blocks, on ${threads} threads`, async () => {
      for (const [N, S, M, d, e] of sizes) {
        const inputs = [
          [N, S, d],
          [N, M, d],
          [N, M, e],
        ]
        await agrees((Q, K, V) => fusedAttention(Q, K, V, 0.7 / Math.sqrt(d)), inputs, threads)
        const all = [...inputs, [N, S, e], [N, S, 1], [N, S, 1]]
        for (const of of ['queries', 'keys'] as const)
          await agrees((Q, K, V, C, L, D) => attentionGradient(of, 0.7 / Math.sqrt(d), Q, K, V, C, L, D), all, threads)
      }
    }).timeout(120_000)

  /** Windows, whose rows have blocks of columns that are masked as a whole. */
  const windows = (S: number, M: number, masked: number): Tensor =>
    fromArray(
      Array.from({ length: S * M }, (_, k) => (Math.abs(Math.floor(k / M) - (k % M)) <= 3 ? 0 : masked)),
      [S, M],
    )
  it('adds masks to scores, wherever they lie and however they repeat', async () => {
    for (const [N, S, M, d, e] of [[2, 5, 7, 3, 2], [3, 17, 129, 8, 5], [1, 261, 262, 4, 3]] as const)
      for (const mask of [[], [M], [S, 1], [S, M], [N, S, M]]) {
        const inputs = [[N, S, d], [N, M, d], [N, M, e]]
        await agrees((Q, K, V, b) => fusedMaskedAttention(Q, K, V, b, 0.5), [...inputs, mask], 2)
        const all = [...inputs, [N, S, e], [N, S, 1], [N, S, 1], mask]
        for (const of of ['queries', 'keys'] as const)
          await agrees((Q, K, V, C, L, D, b) => attentionGradient(of, 0.5, Q, K, V, C, L, D, b), all, 2)
        const turned = mask.length === 2 ? [...mask].reverse() : []
        const across = (b: Tensor): Tensor => (b.shape.length === 2 ? permute(b, [1, 0]) : b)
        await agrees((Q, K, V, b) => fusedMaskedAttention(Q, K, V, across(b), 0.5), [...inputs, turned], 2)
        for (const of of ['queries', 'keys'] as const)
          await agrees((Q, K, V, C, L, D, b) => attentionGradient(of, 0.5, Q, K, V, C, L, D, across(b)), [...all.slice(0, 6), turned], 2)
      }
  }).timeout(120_000) // prettier-ignore
  for (const masked of [-Infinity, -1e9])
    it(`leaves out what a window does not see, whole blocks of it too: ${masked}`, async () => {
      const [S, M, d] = [300, 290, 5]
      const inputs = [[2, S, d], [2, M, d], [2, M, d], [2, S, d]]
      const loss = (W: Tensor) => (xs: readonly [Tensor, Tensor, Tensor]) => {
        const mask = cast(windows(S, M, masked), W.dtype)
        const seen = (x: Tensor): Tensor => slice(x, 1, 0, M) // the rows beyond see nothing
        return total(mul(seen(fusedMaskedAttention(seen(xs[0]), xs[1], xs[2], slice(mask, 0, 0, M), 0.5)), seen(W)))
      }
      await agrees((Q, K, V, W) => grad(loss(W))([Q, K, V]), inputs, 2)
    }).timeout(120_000) // prettier-ignore

  it('reads operands wherever they lie, and keeps heads apart', async () => {
    const heads = (x: Tensor): Tensor => permute(x, [0, 2, 1, 3])
    const loss = (W: Tensor) => (xs: readonly [Tensor, Tensor, Tensor]) =>
      total(mul(fusedAttention(heads(xs[0]), heads(xs[1]), heads(xs[2]), 0.25), W))
    await agrees((Q, K, V, W) => grad(loss(W))([Q, K, V]), [[2, 37, 3, 16], [2, 141, 3, 16], [2, 141, 3, 8], [2, 3, 37, 8]], 2) // prettier-ignore
  }).timeout(120_000)

  /** A loss, its logits and its gradient on the engine, with attention fused, are the plain ones of the reference in float64. */
  const agreesOnEngine = async (
    of: (dtype: DType) => {
      readonly loss: (p: unknown) => { readonly loss: Tensor<[]>; readonly logits: Tensor }
      readonly p: unknown
    },
  ): Promise<void> => {
    const engine = await gpuEngine({ mode: 'webasm', threads: 2 })
    try {
      const { loss, p } = of('float32')
      const { graph } = trace(valueAndGrad(withFusedAttention(loss)), p)
      const handles = leaves(p).map(engine.upload)
      const made = await (await engine.compile(graph))(handles)
      const found = await Promise.all(made.map(engine.download))
      const exact = of('float64')
      entries(valueAndGrad(exact.loss)(exact.p)).forEach(([path, y], i) =>
        expectNear(flat(found[i]!), flat(y), 1e-5, path),
      )
    } finally {
      await engine.close()
    }
  }
  for (const name of ['default', 'deep', 'accumulated-scores'])
    it(`has the loss, the logits and all gradients of the network ${name}`, () =>
      agreesOnEngine(dtype => {
        const { config, parameters, X, labels } = goldenNetwork(name, dtype)
        return { p: parameters, loss: p => lossOf(config, p as Parameters, { X, labels }) }
      }))
  for (const file of [
    'vtn',
    'vtn-crossed',
    'vivit-1',
    'vivit-2-crossed',
    'timesformer-joint-crossed',
    'timesformer-divided-crossed',
  ])
    it(`has the logits and all gradients of the system ${file}`, () =>
      agreesOnEngine(dtype => {
        const { tensors, name, config } = goldenSystem(file)
        const { parameters, logits } = systemOf(name, config)
        const given = under(tensors, 'param')
        const [X, R] = [tensors.get('in.X')!, tensors.get('in.R')!].map(x => cast(x, dtype)) as [Tensor, Tensor]
        const loss = (q: unknown) => {
          const made = logits(q, X)
          return { loss: total(mul(made, R)), logits: made }
        }
        return { p: mapTree((_, __, path) => cast(given.get(path)!, dtype), parameters(makeAbstract(dtype))), loss }
      }))

  it('is listed with its operands and what is computed of a score', () => {
    const xs = drawn([[5, 4], [7, 4], [7, 3]], 'float32') // prettier-ignore
    const [kernel] = wasmListing(
      trace((Q, K, V) => fusedAttention(Q, K, V, 0.5), ...(xs as [Tensor, Tensor, Tensor])).graph,
    ).kernels
    const lines = kernel!.source.split('\n')
    expect(lines.slice(0, -1)).to.deep.equal([
      'attention: output, at a scale of 0.5',
      '  Q     a0',
      '  K     a1',
      '  V     a2',
      '  each  s * scale',
      '  each  exp(s - m)',
      '  each  m + log(l)',
    ])
    expect(lines.at(-1)).to.match(/^ {2}by {4}function \d+, \d+ bytes: 1 units, by one thread$/)
  })

  it('takes scores of any size, and of either sign of the scale', async () => {
    for (const scale of [1, -1]) {
      const xs = [
        fromArray([1e15], [1, 1]),
        fromArray([-1e15, 2e15, 1e15, -3e15, 0], [5, 1]),
        fromArray([5, 6, 7, 8, 9], [5, 1]),
      ]
      const [found] = await run((Q, K, V) => fusedAttention(Q, K, V, scale), xs, 1)
      expect([...found!]).to.deep.equal([scale > 0 ? 6 : 8])
    }
  })
})
