/** gpu.js in one of its modes: what it runs on, and how its results are kept, read and given back. */
import { UserError } from '../../tensor'
import { type GpuKernel, isKnown, loadGpuJs, type Resident } from './gpujs/library'
import { threads as cores } from './host'
import { ownDevice } from './wasm/device'
import { type Device, type Kernel, type Run, stepByStep, type Stored } from './steps'
import { openWebGPU } from './gpujs/webgpu'
import { inRow, packedProduct, textureFunctions } from './gpujs/textures'
import { type Tiling, wgslProducts } from './wgsl/install'
import { webgpuMemory } from './gpujs/memory'

/** What gpu.js can compute with. */
export const modes = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const
/** One of gpu.js's modes. */
export type Mode = (typeof modes)[number]

/** Numbers in nested arrays, one after another. */
const flattened = (x: unknown): Float32Array => {
  if (x instanceof Float32Array) return x
  const parts = (x as readonly unknown[]).map(flattened)
  const all = new Float32Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const isResident = (x: unknown): x is Resident => typeof (x as Resident).toArray === 'function'

export interface DeviceOptions {
  /** Whether a WebGPU adapter in software will do, as for tests. */
  readonly software?: boolean
  /** Whether kernels of our own run, where they can. */
  readonly tuned?: boolean
  /** Where products in mode webgpu keep what several sums need: in registers on adapters in software, and in memory of
   *  workgroups on others, where left out. */
  readonly tiling?: Tiling
  /** How many threads compute in mode webasm: as many as there are cores, where left out. */
  readonly threads?: number
}

/** Opens gpu.js in a mode. Throws UserError that says what is missing, and what to install or do. */
export const openDevice = async (
  mode: Mode,
  { software = false, tuned = true, threads = cores(), tiling }: DeviceOptions,
): Promise<Device> => {
  const gpujs = await loadGpuJs()
  if (mode === 'headlessgl' && !gpujs.GPU.isHeadlessGLSupported)
    throw new UserError(
      'engine gpu: mode headlessgl needs the package gl and an X server, but gpu.js finds none: npm install gl, and start Xvfb',
    )
  const webgpu = mode === 'webgpu' ? await openWebGPU(gpujs, software) : undefined
  const gpu = new gpujs.GPU({ mode })
  const resident = mode === 'webgpu' || mode === 'headlessgl'
  const textures = mode === 'headlessgl'
  if (textures) for (const { name, source, settings } of textureFunctions) gpu.addNativeFunction(name, source, settings)
  const memory = webgpu && (await isKnown()) ? webgpuMemory(gpujs, webgpu.context) : undefined
  const tiles = tiling ?? (webgpu?.software ? 'registers' : 'workgroups')
  const ownProducts = webgpu && tuned ? await wgslProducts(gpujs, tiles) : undefined

  const plainKernel = (made: Kernel): Run => {
    const { source, output, work, reads } = textures ? inRow(made) : made
    const run: GpuKernel = gpu.createKernel(source, {
      output,
      loopMaxIterations: 2 ** 24,
      pipeline: resident,
      immutable: resident,
    })
    if (ownProducts && work && reads) ownProducts(run, { work, reads })
    // Rows as arrays of their own would only be joined again.
    if (mode === 'webasm') Object.assign(run.kernel, { _shapeOutput: (data: Float32Array) => data })
    return (...args) => {
      const answer = run(...args)
      const reason = run.kernel.fallbackReason
      if (reason)
        throw new Error(`engine gpu: a kernel for ${mode} expected, but gpu.js falls back (${reason}): ${source}`)
      if (!memory) return answer
      return (answer as Promise<Resident>).then(result => {
        memory.unpinned(run)
        return result
      })
    }
  }

  const kernel = (made: Kernel): Run => {
    const { work, reads } = made
    const packed = textures && tuned && work?.kind === 'product' ? packedProduct(work) : undefined
    if (!packed || work?.kind !== 'product' || !reads) return plainKernel(made)
    const [left, right, sums] = [packed.left, packed.right, packed.sums].map(plainKernel) as [Run, Run, Run]
    return (...args) => {
      const operands = [
        left(args[reads.indexOf(work.left.array)]) as Resident,
        right(args[reads.indexOf(work.right.array)]) as Resident,
      ]
      const result = sums(...operands)
      for (const x of operands) x.delete()
      return result
    }
  }

  const copies = new Map<number, Run>()
  const copyOf = (size: number): Run => {
    const copy =
      copies.get(size) ?? kernel({ source: 'function (a0) {\n  return a0[this.thread.x]\n}', output: [size] })
    copies.set(size, copy)
    return copy
  }
  const stored = (answer: unknown, size: number): Stored => {
    if (!isResident(answer)) return flattened(answer)
    // A handle has the dimensions of the kernel that made it: to all others it is one long row.
    return Object.assign(answer, { output: [size] })
  }
  const discard = (x: Stored): void => {
    if (isResident(x)) x.delete()
  }
  const plain: Device = {
    description: [
      `gpu.js on ${mode}, ${webgpu?.adapter ?? (resident ? 'OpenGL' : 'one thread')}`,
      ...(textures && tuned ? ['products of packed operands'] : []),
      ...(ownProducts ? [`our own products in WGSL, tiles in ${tiles}`] : []),
    ].join(', '),
    compile: stepByStep({ kernel, stored, discard }),
    upload: x => {
      if (memory) return memory.upload(x)
      if (!resident) return x
      const answer = copyOf(x.length)(gpujs.input(x, [x.length]))
      return answer instanceof Promise ? answer.then(a => stored(a, x.length)) : stored(answer, x.length)
    },
    download: async x => {
      if (!isResident(x)) return x as Float32Array
      return memory ? memory.download(x) : flattened(await x.toArray())
    },
    discard,
    close: async () => {
      await gpu.destroy()
      await webgpu?.close()
    },
  }
  return mode === 'webasm' && tuned ? ownDevice(plain, threads) : plain
}
