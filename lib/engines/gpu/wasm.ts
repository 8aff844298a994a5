/** Our own kernels in gpu.js's mode webasm. They reach into gpu.js: they are used with the version that they were written for,
 *  and where a product comes out as the plain kernel's. */
import { type GpuJs, type GpuKernel, loadWasmBuilder, version, type WasmInternals } from './gpujs'
import type { Product } from './product'
import { type Memory, writeProduct } from './product-wasm'

const VERSION = '2.24.1'
const PAGE = 65536

/** Puts a product in the place of what gpu.js would make of a kernel's source. */
type Install = (kernel: WasmInternals, product: Product) => void

const installer = async (): Promise<Install> => {
  const Builder = await loadWasmBuilder()
  return (kernel, product) =>
    Object.assign(kernel, {
      _assembleModule: (memory: Memory & { readonly totalBytes?: number }, cells: number, shared: boolean) => {
        const bytes = memory.totalBytes ?? memory.outputOffset + 4 * cells
        // What gpu.js makes of the size: the memory that it gives has to fit.
        const initial = Math.ceil(bytes / PAGE) + 16
        const maximum = Math.max(initial, 4096)
        const builder = new Builder()
        builder.addMemoryImport(initial, maximum, shared)
        writeProduct(builder, product, memory)
        return { bytes: builder.toBytes(), initial, maximum }
      },
    })
}

/** Y = A·B of 7 by 13 and 13 by 11 numbers: every tile has a part in it. */
const [M, K, N] = [7, 13, 11]
const trial: Product = {
  n: N,
  k: K,
  a: { argument: 0, offset: 0, step: 1 },
  b: { argument: 1, offset: 0, step: N },
  rows: [{ size: M, a: K, b: 0 }],
}
const plain = `function (a0, a1) {
  let s = 0.0
  for (let i = 0; i < ${K}; i++) s = s + a0[this.thread.y * ${K} + i] * a1[i * ${N} + this.thread.x]
  return s
}`

/** Whether a product of ours is the plain kernel's, bit for bit. */
const agrees = async ({ GPU }: GpuJs, install: Install): Promise<boolean> => {
  const gpu = new GPU({ mode: 'webasm' })
  const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1))
  const results = [false, true].map(ours => {
    const run: GpuKernel = gpu.createKernel(plain, { output: [N, M] })
    if (ours) install(run.kernel as WasmInternals, trial)
    return JSON.stringify(run(numbers(M * K), numbers(K * N)))
  })
  await gpu.destroy()
  return results[0] === results[1]
}

/** What installs our products, or undefined where they cannot be used. */
export const wasmProducts = async (gpujs: GpuJs): Promise<Install | undefined> => {
  if ((await version()) !== VERSION) return undefined
  try {
    const install = await installer()
    return (await agrees(gpujs, install)) ? install : undefined
  } catch {
    return undefined
  }
}
