/** Our own matrix products in gpu.js's mode webgpu. They reach into gpu.js: they are used with the version that they were
 *  written for, and where products come out as the plain kernel's. */
import { fromArray, flat, type Tensor } from '../../../tensor'
import { matmul, transpose } from '../../../primitives'
import { trace } from '../../../trace'
import type { GpuJs, GpuKernel } from '../gpujs/library'
import { gpuJsSource } from '../gpujs/source'
import { planOf, type Step } from '../plan/plan'
import type { Shader } from './blocks'
import { layoutOf } from './layout'
import { registerTiles, workgroupTiles } from './products'

/** Where the elements that several sums need are kept: in the registers of each thread, or in memory that the threads of a
 *  workgroup share. */
export const tilings = { registers: registerTiles, workgroups: workgroupTiles } as const
/** How our products on WebGPU share their work. */
export type Tiling = keyof typeof tilings

/** The shader of ours for a step, or undefined where it computes no product that we have one for. */
export const shaderOf = ({ work, reads }: Step, tiling: Tiling): Shader | undefined => {
  const layout = layoutOf(work)
  return layout && tilings[tiling](layout, reads)
}

/** Puts a shader in the place of the one that gpu.js would make of a kernel's source. */
const install = ({ kernel }: GpuKernel, { code, groups }: Shader): void => {
  Object.assign(kernel, { assembleWGSL: () => code, _computeDispatch: () => ({ groups, dispatchWidth: 0 }) })
}

/** Products A·B of these sizes: blocks are read four elements at once along K and along N, along M and along K, and one by one,
 *  and tiles have parts left over. */
const trials: readonly { readonly sizes: readonly [number, number, number]; readonly f: typeof product }[] = [
  { sizes: [36, 20, 44], f: (a, b) => product(a, b) },
  { sizes: [36, 20, 44], f: (a, b) => product(transpose(b), transpose(a)) },
  { sizes: [7, 13, 11], f: (a, b) => product(a, b) },
]
const product = (a: Tensor, b: Tensor): Tensor => matmul(a, b)

/** Small whole numbers: sums of their products have no rounding. */
const numbers = (m: number, n: number): Tensor =>
  fromArray(
    Array.from({ length: m * n }, (_, i) => ((7 * i) % 17) - 8),
    [m, n],
  )

/** Whether our products are the plain kernel's, bit for bit. */
const agrees = async ({ GPU, input }: GpuJs, tiling: Tiling): Promise<boolean> => {
  const gpu = new GPU({ mode: 'webgpu' })
  const given = (x: Tensor): unknown => input(flat(x) as Float32Array, [flat(x).length])
  try {
    for (const {
      sizes: [m, k, n],
      f,
    } of trials) {
      const xs = [numbers(m, k), numbers(k, n)] as const
      const step = planOf(trace(f, ...xs).graph).steps[0]!
      const shader = shaderOf(step, tiling)
      if (!shader) return false
      const results: unknown[] = []
      const { source, output } = gpuJsSource(step.work)
      for (const ours of [false, true]) {
        const run = gpu.createKernel(source, { output })
        if (ours) install(run, shader)
        results.push(await run(...step.reads.map(a => given(xs[a]!))))
      }
      if (JSON.stringify(results[0]) !== JSON.stringify(results[1])) return false
    }
    return true
  } finally {
    await gpu.destroy()
  }
}

/** What puts our products into kernels, or undefined where they cannot be used. */
export const wgslProducts = async (
  gpujs: GpuJs,
  tiling: Tiling,
): Promise<((run: GpuKernel, step: Step) => void) | undefined> => {
  if (!(await gpujs.isKnown())) return undefined
  try {
    if (!(await agrees(gpujs, tiling))) return undefined
  } catch {
    return undefined
  }
  return (run, step) => {
    const shader = shaderOf(step, tiling)
    if (shader) install(run, shader)
  }
}
