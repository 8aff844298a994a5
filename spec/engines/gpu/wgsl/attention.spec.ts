/** Attention in WGSL, against the reference in float64, on an adapter in software. */
import { expect } from 'chai'
import { gpuEngine, wgslListing } from '../../../../lib/engines'
import {
  attentionGradient,
  fusedAttention,
  fusedMaskedAttention,
  mul,
  permute,
  total,
} from '../../../../lib/primitives'
import { cast, type DType, flat, fromArray, type Shape, type Tensor } from '../../../../lib/tensor'
import { leaves, trace } from '../../../../lib/trace'
import { grad } from '../../../../lib/transforms'
import { softwareAdapter } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'
import { expectNear, operandsOf } from '../../../laws/values'

/** The same numbers in either type. */
const drawn = (shapes: readonly Shape[], dtype: DType): Tensor[] =>
  operandsOf(shapes.map(shape => ({ shape, range: 'any' })), 5, dtype) // prettier-ignore

describeWhere(softwareAdapter())('Attention in WGSL', () => {
  /** A function's results on WebGPU are the reference's, and kernels of attention made them. */
  const agrees = async (f: (...xs: Tensor[]) => unknown, shapes: readonly Shape[]): Promise<void> => {
    const engine = await gpuEngine({ mode: 'webgpu', software: true })
    try {
      expect(engine.description).to.include('our own plans in WGSL')
      const xs = drawn(shapes, 'float32')
      const { graph } = trace(f, ...xs)
      const kernels = wgslListing(graph, 'registers').kernels.map(({ title }) => title)
      expect(
        kernels.some(title => /^(fusedAttention|attentionGradient)/.test(title)),
        kernels.join(),
      ).to.equal(true)
      expect(kernels.join()).to.not.match(/softmax|matmul|exp/)
      const handles = xs.map(engine.upload)
      const made = await (await engine.compile(graph))(handles)
      const found = await Promise.all(made.map(engine.download))
      leaves(f(...drawn(shapes, 'float64'))).forEach((y, i) =>
        expectNear(flat(found[i]!), flat(y), 1e-5, `result ${i} of ${shapes.join('; ')}`),
      )
      engine.release([...handles, ...made])
    } finally {
      await engine.close()
    }
  }

  for (const [N, S, M, d, e] of [[1, 1, 1, 1, 1], [2, 65, 7, 3, 5], [3, 17, 130, 8, 4], [1, 64, 200, 32, 16]] as const)
    it(`is the reference's for ${S} queries and ${M} keys`, async () => {
      const inputs = [[N, S, d], [N, M, d], [N, M, e]]
      const all = [...inputs, [N, S, e], [N, S, 1], [N, S, 1]]
      await agrees(
        (Q, K, V, C, L, D) => [
          fusedAttention(Q, K, V, 0.7 / Math.sqrt(d)),
          attentionGradient('queries', 0.7 / Math.sqrt(d), Q, K, V, C, L, D),
          attentionGradient('keys', -0.3 / Math.sqrt(d), Q, K, V, C, L, D),
        ],
        all,
      )
    }).timeout(120_000) // prettier-ignore

  for (const mask of [[], [9], [7, 1], [7, 9], [3, 7, 9]])
    it(`adds a mask of [${mask.join(', ')}] to scores of [3, 7, 9]`, async () => {
      await agrees(
        (Q, K, V, C, L, D, b) => [
          fusedMaskedAttention(Q, K, V, b, 0.5),
          attentionGradient('queries', 0.5, Q, K, V, C, L, D, b),
          attentionGradient('keys', 0.5, Q, K, V, C, L, D, b),
        ],
        [[3, 7, 4], [3, 9, 4], [3, 9, 5], [3, 7, 5], [3, 7, 1], [3, 7, 1], mask],
      )
    }).timeout(120_000) // prettier-ignore

  for (const masked of [-Infinity, -1e9])
    it(`leaves out what is masked: ${masked}`, async () => {
      const mask = fromArray(Array.from({ length: 63 }, (_, k) => (Math.abs(Math.floor(k / 9) - (k % 9) + 4) <= 2 ? 0 : masked)), [7, 9])
      const loss = (W: Tensor) => (xs: readonly [Tensor, Tensor, Tensor]) =>
        total(mul(fusedMaskedAttention(...xs, cast(mask, W.dtype), 0.5), W))
      await agrees((Q, K, V, W) => grad(loss(W))([Q, K, V]), [[3, 7, 4], [3, 9, 4], [3, 9, 5], [3, 7, 5]])
    }).timeout(120_000) // prettier-ignore

  it('reads operands wherever they lie, and keeps heads apart', async () => {
    const heads = (x: Tensor): Tensor => permute(x, [0, 2, 1, 3])
    const loss = (W: Tensor) => (xs: readonly [Tensor, Tensor, Tensor]) =>
      total(mul(fusedAttention(heads(xs[0]), heads(xs[1]), heads(xs[2]), 0.25), W))
    await agrees((Q, K, V, W) => grad(loss(W))([Q, K, V]), [[2, 9, 3, 4], [2, 11, 3, 4], [2, 11, 3, 8], [2, 3, 9, 8]])
  }).timeout(120_000) // prettier-ignore
})
