/** The WGSL that mode webgpu runs, to read. */
import type { Graph } from '../../../trace'
import { simplify } from '../../../transforms'
import { type GpuJs, loadGpuJs } from '../gpujs/library'
import { type GpuJsSource, gpuJsSource } from '../gpujs/source'
import { type KernelListing, listingOf } from '../plan/listing'
import { planOf } from '../plan/plan'
import { shaderOf, type Tiling } from './install'

/** What gpu.js makes of a kernel's source; no adapter is needed for that.
 *  @param count how many arguments it has */
const translated = async (
  { WebGPUKernel, input }: GpuJs,
  { source, output }: GpuJsSource,
  count: number,
): Promise<string> => {
  const kernel = new WebGPUKernel(source, { output, loopMaxIterations: 2 ** 24, pipeline: true, immutable: true })
  // What comes after the source asks for a device.
  Object.assign(kernel, { _buildAsync: () => Promise.resolve() })
  await kernel.build(...Array.from({ length: count }, () => input(new Float32Array(1), [1])))
  return kernel.compiledSource
}

/** The kernels of a graph in WGSL: our products, and what gpu.js makes of all others. Throws UserError where gpu.js is not
 *  installed.
 *  @param tiling where products keep what several sums need */
export const wgslListing = async (graph: Graph, tiling: Tiling): Promise<KernelListing> => {
  const gpujs = await loadGpuJs()
  const plan = planOf(simplify(graph))
  const kernels = plan.steps.map(async step => {
    const made = gpuJsSource(step.work)
    const source = shaderOf(step, tiling)?.code ?? (await translated(gpujs, made, step.reads.length))
    return { source, threads: made.output }
  })
  return listingOf(plan, await Promise.all(kernels))
}
