/** Laws of the matrix products of our own in WGSL, for any tiling, on an adapter in software. */
import { expect } from 'chai'
import {
  type Engine,
  flat,
  fromArray,
  gpuEngine,
  type GpuHandle,
  type GpuOptions,
  matmul,
  permute,
  reshape,
  type Shape,
  slice,
  type Tensor,
  transpose,
} from '../../../../lib'
import { runOn } from '../../../laws/gpu'
import { drawn, expectNear, expectSame } from '../../../laws/values'

/** An engine for the tests of a block, open as long as they run. */
export const opened = (tiling: GpuOptions['tiling'] & string): (() => Engine<GpuHandle>) => {
  let engine: Engine<GpuHandle>
  before(async () => (engine = await gpuEngine({ mode: 'webgpu', software: true, tiling })))
  after(() => engine.close())
  return () => engine
}

/** Whole numbers: the sums of their products have no rounding, in whatever order they are taken. */
export const wholeNumbers = (shape: Shape, seed = 1): Tensor => {
  const x = drawn(shape, seed)
  return fromArray(flat(x).map(Math.round), x.shape)
}

/** All four layouts of A `[M, K]` and B `[K, N]`, given as they are and transposed. */
const all = (a: Tensor, at: Tensor, b: Tensor, bt: Tensor): Tensor[] => [
  matmul(a, b),
  matmul(a, transpose(bt)),
  matmul(transpose(at), b),
  matmul(transpose(at), transpose(bt)),
]
const allOf = (m: number, k: number, n: number, make: typeof drawn): Tensor[] => {
  const [a, b] = [make([m, k], 1), make([k, n], 2)]
  return [a, transpose(a), b, transpose(b)].map(x => fromArray(flat(x), x.shape))
}

export const itHasAllLayouts = (
  engine: () => Engine<GpuHandle>,
  sizes: readonly (readonly [M: number, K: number, N: number])[],
): void => {
  for (const [m, k, n] of sizes)
    it(`have all layouts of [${m}, ${k}] by [${k}, ${n}]`, async () => {
      const xs = allOf(m, k, n, wholeNumbers) as [Tensor, Tensor, Tensor, Tensor]
      const expected = all(...xs)
      const found = await runOn(engine(), all as (...xs: Tensor[]) => Tensor[], ...xs)
      expected.forEach((y, i) => expectSame(found[i]!, y, `layout ${i}`))
    })
}

export const itHasBatches = (engine: () => Engine<GpuHandle>): unknown =>
  it('have batches, heads that lie between one another, parts, and an operand by itself', async () => {
    const heads = (x: Tensor): Tensor => permute(reshape(x, [2, 5, 3, 4]), [0, 2, 1, 3])
    const products = (x: Tensor, y: Tensor, z: Tensor) => [
      matmul(heads(x), transpose(heads(y))),
      matmul(transpose(heads(x)), heads(y)),
      matmul(x, transpose(x)),
      matmul(slice(x, 2, 1, 10), slice(transpose(y), 1, 3, 12)),
      matmul(x, z),
    ]
    const xs = [drawn([2, 5, 12], 1), drawn([2, 5, 12], 2), drawn([12, 7], 3)] as const
    const found = await runOn(engine(), products as (...xs: Tensor[]) => Tensor[], ...xs)
    products(...xs).forEach((y, i) => {
      expect(found[i]!.shape).to.deep.equal(y.shape)
      expectNear(flat(found[i]!), flat(y), 1e-6, `product ${i}`)
    })
  })
