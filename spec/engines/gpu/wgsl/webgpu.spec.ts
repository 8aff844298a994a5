/** Kernels of our own in WGSL, for adapters in software and for GPUs: both run on the adapter that is here. */
import { expect } from 'chai'
import * as gpujs from 'gpu.js'
import {
  broadcastTo,
  flat,
  gpuEngine,
  grad,
  type GpuOptions,
  layerNorm,
  matmul,
  max,
  mul,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
  trace,
} from '../../../../lib'
import { argmax, cumsum } from '../../../../lib/primitives'
import { dispatchOf } from '../../../../lib/engines/gpu/wgsl/module'
import { liveBytes, runOn, smallStep, softwareAdapter, training } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'
import { drawn, expectNear, expectSame } from '../../../laws/values'
import { itHasFours } from './fours'
import { itHasAllLayouts, itHasBatches, opened } from './products'

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

const sizes = {
  registers: [[1, 1, 1], [13, 17, 31], [68, 100, 44], [1, 7, 9], [5, 3, 1], [4, 4, 4], [8, 6, 12], [67, 2, 129]],
  // Kernels that wait for one another take SwiftShader long to compile: the others are in products.slow.spec.ts.
  workgroups: [[1, 1, 1], [13, 17, 31], [67, 2, 129]],
} as const // prettier-ignore

for (const tiling of ['registers', 'workgroups'] as const)
  describeWhere(softwareAdapter())(`Matrix products of our own in WGSL, their tiles in ${tiling}`, () => {
    const engine = opened(tiling)
    itHasAllLayouts(engine, sizes[tiling])
    if (tiling === 'registers') {
      itHasBatches(engine)
      itHasFours(engine, 20)
    }

    it('are what runs, and gpu.js’s are what runs when they are turned off', async () => {
      const xs = [drawn([9, 5], 4), drawn([5, 6], 5)] as const
      const f = (a: Tensor, b: Tensor): Tensor => matmul(a, b)
      const execute = await engine().compile(trace(f, ...xs).graph)
      const given = xs.map(engine().upload)
      await Promise.all(given.map(engine().download))
      expect(await writtenBy(() => execute(given))).to.equal(0)
      const plain = await gpuEngine({ mode: 'webgpu', software: true, tuned: false })
      const again = await plain.compile(trace(f, ...xs).graph)
      const alike = xs.map(plain.upload)
      await Promise.all(alike.map(plain.download))
      expect(await writtenBy(() => again(alike))).to.equal(1)
      await plain.close()
    })
  })

for (const tiling of ['registers', 'workgroups'] as const)
  describeWhere(softwareAdapter())(`Rows in one kernel in WGSL, tiles in ${tiling}`, () => {
    const engine = opened(tiling)

    it('are layer norms and softmaxes with their gradients, of rows of any length', async () => {
      for (const n of tiling === 'registers' ? [1, 2, 3, 5, 64, 67, 130] : [3, 67]) {
        const xs = [drawn([3, 5, n], n), drawn([n], 2), drawn([n], 3)] as const
        const loss = ([x, g, b]: typeof xs) => reshape(sum(mul(softmax(layerNorm(x, g, b)), x), [0, 1, 2]), [])
        const both = (...[x, g, b]: typeof xs) => [layerNorm(x, g, b), ...grad(loss)([x, g, b])]
        const found = await runOn(engine(), both as (...xs: Tensor[]) => Tensor[], ...xs)
        both(...xs).forEach((y, i) => expectNear(flat(found[i]!), flat(y), 1e-5, `rows of ${n}, result ${i}`))
      }
    })

    it('are folds of other kinds, whose threads meet where their order does not matter', async () => {
      for (const n of [2, 33, 100]) {
        const x = drawn([7, n], n)
        const f = (x: Tensor) => [sub(x, max(x, [1])), cumsum(x, 1), argmax(x, 1), sum(mul(x, x), [1])]
        const found = await runOn(engine(), f, x)
        f(x).forEach((y, i) => expectNear(flat(found[i]!), flat(y), 1e-5, `rows of ${n}, result ${i}`))
      }
    })
  })

it('Workgroups are counted along two dimensions where one has too few', () => {
  for (const count of [1, 2, 65_535, 65_536, 70_001, 10_000_019]) {
    const [x, y] = dispatchOf(count)
    expect(Math.max(x, y), `along a dimension, of ${count}`).to.be.at.most(65_535)
    expect(x * y).to.be.within(count, count + y - 1)
  }
})

describeWhere(softwareAdapter())('Memory in gpu.js, mode webgpu', () => {
  const open = () => gpuEngine({ mode: 'webgpu', software: true })

  let closing = async (): Promise<void> => undefined
  after(() => closing())

  it('does not grow on the device from step to step', async () => {
    const engine = await open()
    closing = engine.close
    const alive = liveBytes()
    const train = await training(engine)
    await train(100)
    const before = alive()
    await train(200)
    expect(alive(), 'buffers alive on the device').to.equal(before)
  })

  it('is used again once it is given back, and is all given back when an engine is closed', async () => {
    // What WebGPU is made of is there from the first engine on.
    await (await open()).close()
    const alive = liveBytes()
    const engine = await open()
    const w = drawn([512, 512])
    const execute = await engine.compile(trace(smallStep, w, w).graph)
    const once = async (): Promise<number> => {
      const given = [w, w].map(engine.upload)
      const made = await execute(given)
      await engine.download(made[1]!)
      engine.release([...given, ...made])
      await new Promise(setImmediate)
      return alive()
    }
    const first = await once()
    expect(first, 'two inputs and a result of 1 MiB each').to.be.at.least(3 * 2 ** 20)
    for (let i = 0; i < 20; i++) expect(await once()).to.equal(first)
    await engine.close()
    expect(alive()).to.equal(0)
  })
})

describeWhere(softwareAdapter())('A device of WebGPU that fails', () => {
  const open = (options: Partial<GpuOptions> = {}) => gpuEngine({ mode: 'webgpu', software: true, ...options })
  interface Context {
    readonly device: {
      readonly destroy: () => void
      readonly lost: Promise<unknown>
      readonly limits: object
      createBuffer: (options: { readonly size: number; readonly usage: number }) => unknown
      createShaderModule: (options: { readonly code: string }) => object
    }
  }
  const { WebGPUContext } = gpujs as unknown as { readonly WebGPUContext: { readonly acquire: () => Promise<Context> } }
  const says = async (f: () => unknown): Promise<string> => {
    try {
      await f()
      return 'nothing'
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`
    }
  }
  const lost = 'UserError: engine gpu: the device was lost: go on from the last checkpoint, here or with another engine'

  it('is said to be lost by whatever is asked of it, and the next engine works', async () => {
    const x = drawn([4, 4])
    const engine = await open()
    const execute = await engine.compile(trace(softmax, x).graph)
    const given = engine.upload(x)
    const [made] = await execute([given])
    const { device } = await WebGPUContext.acquire()
    const reading = says(() => engine.download(made!))
    device.destroy()
    expect(await reading, 'a result on its way').to.be.oneOf(['nothing', lost])
    await device.lost
    expect(await says(() => execute([given])), 'a step').to.equal(lost)
    expect(await says(() => engine.download(made!)), 'a result').to.equal(lost)
    expect(await says(() => engine.upload(x)), 'an input').to.equal(lost)
    await engine.close()
    const next = await open()
    expectSame(await next.download(next.upload(x)), x, 'on another device')
    await next.close()
  })

  it('is said to be too small for a tensor', async () => {
    const engine = await open()
    const execute = await engine.compile(trace(a => broadcastTo(a, [40_000, 40_000]), drawn([1, 1])).graph)
    const one = engine.upload(drawn([1, 1]))
    expect(await says(() => execute([one]))).to.match(
      /^UserError: engine gpu: 6104 MiB of memory are needed, but of \d+ MiB that the device has in one buffer, 1 are in use: a smaller batch, or another engine$/,
    )
    await engine.close()
  })

  it('says what it refuses, and nothing that was computed since is given out', async () => {
    const engine = await open()
    const given = engine.upload(drawn([4, 4]))
    const { device } = await WebGPUContext.acquire()
    // A usage that WebGPU has not: the call returns, and what is wrong is only said later.
    device.createBuffer({ size: 16, usage: 1 | 128 })
    expect(await says(() => engine.download(given))).to.match(
      /^UserError: engine gpu: the device refused \(.*\): a smaller batch, or another engine; go on from the last checkpoint$/,
    )
    await engine.close()
  })

  it('is said to be lost in the middle of a step', async () => {
    const engine = await open()
    const train = await training(engine)
    await train(2)
    const { device } = await WebGPUContext.acquire()
    const steps = says(() => train(50))
    await new Promise(setImmediate)
    device.destroy()
    expect(await steps).to.equal(lost)
    await engine.close()
  })

  it('trains in a buffer of 1 MiB, or says in a line that it is too small', async () => {
    // What keeps the device open gives it limits that no adapter has.
    const first = await open()
    const { device } = await WebGPUContext.acquire()
    const small = new Proxy(device.limits, {
      get: (limits, name) => (/^max(StorageBufferBinding|Buffer)Size$/.test(String(name)) ? 2 ** 20 : Reflect.get(limits, name, limits)), // prettier-ignore
    })
    Object.defineProperty(device, 'limits', { value: small, configurable: true })
    const engine = await open()
    const train = await training(engine)
    const { createBuffer } = device
    const sizes: number[] = []
    device.createBuffer = options => {
      sizes.push(options.size)
      return createBuffer.call(device, options)
    }
    await train(3)
    expect(sizes).to.satisfy((all: number[]) => all.every(size => size <= 2 ** 20))
    const given = engine.upload(drawn([128, 1024]))
    expect(await says(() => engine.upload(drawn([256, 1024])))).to.equal(
      'UserError: engine gpu: 1 MiB of memory are needed, but of 1 MiB that the device has in one buffer, 1 are in use: a smaller batch, or another engine',
    )
    engine.release([given])
    await engine.close()
    await first.close()
  })

  it('says what its compiler refuses, and gpu.js runs the graph', async () => {
    const [said, causes] = [[] as string[], [] as string[]]
    const engine = await open({
      say: (line, why) => {
        said.push(line)
        causes.push(why)
      },
    })
    const { device } = await WebGPUContext.acquire()
    const { createShaderModule } = device
    // Ours have a table of places, and gpu.js's none.
    device.createShaderModule = ({ code }) =>
      createShaderModule.call(device, { code: code.includes('t: array<u32>') ? code.replace('let g = ', 'let g = 1.5 + ') : code }) // prettier-ignore
    const x = drawn([3, 5])
    const f = (x: Tensor) => [sub(max(x, [1]), mul(x, x)), x]
    const [y, same] = await runOn(engine, f, x)
    expectNear(flat(y!), flat(f(x)[0]!), 1e-6, 'by gpu.js')
    expectSame(same!, x, 'an input')
    expect(said).to.have.length(1)
    expect(said[0]).to.match(/^engine gpu: the driver must take our kernels, got '.*error.*': gpu\.js runs this graph, one kernel at a time$/) // prettier-ignore
    expect(causes.join(), 'the whole of what the compiler says').to.match(/error[^]*1\.5 \+ id\.x/)
    // Where it refuses them from the first on, the engine is gpu.js's.
    const plain = await open()
    expect(plain.description).to.match(
      /^gpu\.js on webgpu, .*, one kernel at a time: engine gpu: the driver must take /,
    )
    expect(plain.passedOver?.join(), 'the whole of what the compiler says').to.match(/error[^]*1\.5 \+ id\.x/)
    expectNear(flat((await runOn(plain, f, x))[0]!), flat(f(x)[0]!), 1e-6, 'by gpu.js')
    device.createShaderModule = createShaderModule
    await plain.close()
    await engine.close()
  })

  it('has no room for a memory that grows, says so, and gives nothing out', async () => {
    const engine = await open()
    const { device } = await WebGPUContext.acquire()
    const { createBuffer } = device
    const given = engine.upload(drawn([4, 4]))
    // The next buffer is one that no device has room for.
    device.createBuffer = options => createBuffer.call(device, { ...options, size: 2 ** 52 })
    const large = await says(async () => engine.download(engine.upload(drawn([1024, 1024]))))
    device.createBuffer = createBuffer
    expect(large).to.match(/^UserError: engine gpu: the device refused \(.*\): a smaller batch, or another engine; go on from the last checkpoint$/) // prettier-ignore
    expect(await says(() => engine.download(given))).to.equal(large)
    await engine.close()
  })

  it('serves two engines, of which one is closed', async () => {
    const engines = [await open(), await open()] as const
    const x = drawn([5, 7])
    const runs = await Promise.all(engines.map(e => e.compile(trace(softmax, x).graph)))
    const given = engines.map(e => e.upload(x))
    const once = async (i: 0 | 1): Promise<void> => {
      const made = await runs[i]!([given[i]!])
      expectNear(flat(await engines[i].download(made[0]!)), flat(softmax(x)), 1e-6, `engine ${i + 1}`)
      engines[i].release(made)
    }
    await Promise.all([once(0), once(1), once(0)])
    await engines[0].close()
    await once(1)
    await engines[1].close()
  })
})
