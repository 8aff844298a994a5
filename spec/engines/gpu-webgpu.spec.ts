/** Matrix products of our own in WGSL, for adapters in software and for GPUs: both run on the adapter that is here. */
import { expect } from 'chai'
import * as gpujs from 'gpu.js'
import {
  type Engine,
  flat,
  fromArray,
  gpuEngine,
  type GpuHandle,
  matmul,
  permute,
  reshape,
  type Shape,
  slice,
  type Tensor,
  trace,
  transpose,
} from '../../lib'
import { dispatch } from '../../lib/engines/gpu/wgsl/blocks'
import { softwareAdapter } from '../laws/gpu'
import { describeWhere } from '../laws/skips'
import { expectNear, expectSame, operandsOf } from '../laws/values'

const drawn = (shape: Shape, seed = 1): Tensor => operandsOf([{ shape, range: 'any' }], seed, 'float32')[0]!
/** Whole numbers: the sums of their products have no rounding, in whatever order they are taken. */
const whole = (shape: Shape, seed = 1): Tensor => {
  const x = drawn(shape, seed)
  return fromArray(flat(x).map(Math.round), x.shape)
}

interface Writes {
  assembleWGSL: () => string
}
/** How many kernels gpu.js wrote itself while something was done. */
const writtenBy = async (action: () => Promise<unknown>): Promise<number> => {
  const { prototype } = (gpujs as unknown as { readonly WebGPUKernel: { readonly prototype: Writes } }).WebGPUKernel
  const { assembleWGSL } = prototype
  let count = 0
  prototype.assembleWGSL = function () {
    count++
    return assembleWGSL.call(this)
  }
  await action().finally(() => Object.assign(prototype, { assembleWGSL }))
  return count
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

type Sizes = readonly [M: number, K: number, N: number]
const few: readonly Sizes[] = [
  [1, 1, 1],
  [13, 17, 31],
  [68, 100, 44],
]
const tilings = {
  registers: [...few, [1, 7, 9], [5, 3, 1], [4, 4, 4], [8, 6, 12], [67, 2, 129]],
  // Kernels that wait for one another take SwiftShader long to compile.
  workgroups: [...few, [67, 2, 129]],
} as const

for (const [tiling, sizes] of Object.entries(tilings) as [keyof typeof tilings, readonly Sizes[]][])
  describeWhere(softwareAdapter())(`Matrix products of our own in WGSL, their tiles in ${tiling}`, () => {
    let engine: Engine<GpuHandle>
    before(async () => (engine = await gpuEngine({ mode: 'webgpu', software: true, tiling })))
    after(() => engine.close())

    const run = async (f: (...xs: Tensor[]) => unknown, xs: readonly Tensor[]): Promise<readonly Tensor[]> => {
      const execute = await engine.compile(trace(f, ...xs).graph)
      const given = xs.map(engine.upload)
      const made = await execute(given)
      const results = await Promise.all(made.map(engine.download))
      engine.release([...given, ...made])
      return results
    }

    for (const [m, k, n] of sizes)
      it(`have all layouts of [${m}, ${k}] by [${k}, ${n}]`, async () => {
        const xs = allOf(m, k, n, whole) as [Tensor, Tensor, Tensor, Tensor]
        const expected = all(...xs)
        const found = await run(all as (...xs: Tensor[]) => Tensor[], xs)
        expected.forEach((y, i) => expectSame(found[i]!, y, `layout ${i}`))
      })

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
      const found = await run(products as (...xs: Tensor[]) => Tensor[], xs)
      products(...xs).forEach((y, i) => {
        expect(found[i]!.shape).to.deep.equal(y.shape)
        expectNear(flat(found[i]!), flat(y), 1e-6, `product ${i}`)
      })
    })

    it('are what runs, and gpu.js’s are what runs when they are turned off', async () => {
      const xs = [drawn([9, 5], 4), drawn([5, 6], 5)] as const
      const f = (a: Tensor, b: Tensor): Tensor => matmul(a, b)
      const execute = await engine.compile(trace(f, ...xs).graph)
      const given = xs.map(engine.upload)
      await Promise.all(given.map(engine.download))
      expect(await writtenBy(() => execute(given))).to.equal(0)
      const plain = await gpuEngine({ mode: 'webgpu', software: true, tuned: false })
      const again = await plain.compile(trace(f, ...xs).graph)
      const alike = xs.map(plain.upload)
      await Promise.all(alike.map(plain.download))
      expect(await writtenBy(() => again(alike))).to.equal(1)
      await plain.close()
    })
  })

it('Workgroups are counted along two dimensions where one has too few', () => {
  for (const count of [1, 2, 65_535, 65_536, 70_001, 10_000_019]) {
    const { groups, index } = dispatch(count)
    expect(Math.max(...groups), `along a dimension, of ${count}`).to.be.at.most(65_535)
    expect(groups[0] * groups[1]).to.be.within(count, count + groups[1] - 1)
    expect(index).to.equal(groups[1] === 1 ? 'w.x' : `(w.x + w.y * ${groups[0]}u)`)
  }
})
