/** gpu.js in one of its modes: what it runs on, and how its results are kept, read and given back. */
import { UserError } from '../../tensor'
import { type GpuKernel, loadGpuJs, type Resident, type WasmInternals } from './gpujs'
import { threads as cores } from './host'
import type { Product } from './product'
import { wasmProducts } from './wasm'
import { openWebGPU } from './webgpu'

/** What gpu.js can compute with. */
export const modes = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const
/** One of gpu.js's modes. */
export type Mode = (typeof modes)[number]

/** What a result is kept in: memory of the device, or numbers. */
export type Stored = Float32Array | Resident
/** A kernel for stored arrays. */
export type Run = (...args: unknown[]) => unknown

export interface Device {
  /** What runs, for people: mode, adapter, threads. */
  readonly description: string
  /** Whether it has kernels of its own for products whose right operand has its columns side by side. */
  readonly rowMajor: boolean
  readonly kernel: (source: string, output: readonly number[], product?: Product) => Run
  readonly upload: (x: Float32Array) => Promise<Stored> | Stored
  readonly download: (x: Stored) => Promise<Float32Array>
  readonly discard: (x: Stored) => void
  /** What a kernel answered, as an array of so many elements. */
  readonly stored: (answer: unknown, size: number) => Stored
  readonly close: () => Promise<void>
}

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
  /** Whether matrix products are our own, where they can be. */
  readonly tuned?: boolean
}
/** Products of fewer operations than this are done before other threads have heard of them. */
const FEW = 5e7

/** Opens gpu.js in a mode. Throws UserError that says what is missing, and what to install or do. */
export const openDevice = async (mode: Mode, { software = false, tuned = true }: DeviceOptions): Promise<Device> => {
  const gpujs = await loadGpuJs()
  if (mode === 'headlessgl' && !gpujs.GPU.isHeadlessGLSupported)
    throw new UserError(
      'engine gpu: mode headlessgl needs the package gl and an X server, but gpu.js finds none: npm install gl, and start Xvfb',
    )
  const webgpu = mode === 'webgpu' ? await openWebGPU(gpujs, software) : undefined
  const gpu = new gpujs.GPU({ mode })
  const resident = mode === 'webgpu' || mode === 'headlessgl'

  const products = mode === 'webasm' && tuned ? await wasmProducts(gpujs) : undefined
  const threads = products !== undefined && gpujs.WebAssemblyKernel.isThreadsSupported
  // Every kernel would have workers of its own.
  let pool: unknown

  const kernel = (source: string, output: readonly number[], product?: Product): Run => {
    const cells = output.reduce((a, b) => a * b)
    const shared = threads && product !== undefined && 2 * cells * product.k >= FEW
    const run: GpuKernel = gpu.createKernel(source, {
      output,
      loopMaxIterations: 2 ** 24,
      pipeline: resident,
      immutable: resident,
      ...(shared ? { asyncMode: true } : {}),
    })
    const inside = run.kernel as WasmInternals
    // Rows as arrays of their own would only be joined again.
    if (mode === 'webasm') Object.assign(inside, { _shapeOutput: (data: Float32Array) => data })
    if (products && product) products(inside, product)
    return (...args) => {
      if (shared && pool) inside._pool ??= pool
      const answer = run(...args)
      if (shared) pool ??= inside._pool
      const reason = run.kernel.fallbackReason
      if (reason)
        throw new Error(`engine gpu: a kernel for ${mode} expected, but gpu.js falls back (${reason}): ${source}`)
      return answer
    }
  }

  const copies = new Map<number, Run>()
  const copyOf = (size: number): Run => {
    const copy = copies.get(size) ?? kernel('function (a0) {\n  return a0[this.thread.x]\n}', [size])
    copies.set(size, copy)
    return copy
  }
  const stored = (answer: unknown, size: number): Stored => {
    if (!isResident(answer)) return flattened(answer)
    // A handle has the dimensions of the kernel that made it: to all others it is one long row.
    return Object.assign(answer, { output: [size] }, mode === 'headlessgl' ? { dimensions: [size, 1, 1] } : {})
  }
  return {
    description: `gpu.js on ${mode}, ${webgpu?.adapter ?? (resident ? 'OpenGL' : threads ? `${cores()} threads` : 'one thread')}`,
    rowMajor: products !== undefined,
    kernel,
    stored,
    upload: x => {
      if (!resident) return x
      const answer = copyOf(x.length)(gpujs.input(x, [x.length]))
      return answer instanceof Promise ? answer.then(a => stored(a, x.length)) : stored(answer, x.length)
    },
    download: async x => (isResident(x) ? flattened(await x.toArray()) : x),
    discard: x => isResident(x) && x.delete(),
    close: async () => {
      await gpu.destroy()
      await webgpu?.close()
    },
  }
}
