/** The WGSL that mode webgpu runs, to read. */
import type { Graph } from '../../../trace'
import { simplify } from '../../../transforms'
import { type GpuJs, loadGpuJs } from '../gpujs/library'
import { planOf } from '../plan/plan'
import type { Source } from '../plan/source'
import { type KernelTexts, textsOf } from '../listing'
import { shaderOf, type Tiling } from './install'

/** What gpu.js makes of a kernel's source; no adapter is needed for that. */
const translated = async (
  { WebGPUKernel, input }: GpuJs,
  { source, output, reads }: Pick<Source, 'source' | 'output' | 'reads'>,
): Promise<string> => {
  const kernel = new WebGPUKernel(source, { output, loopMaxIterations: 2 ** 24, pipeline: true, immutable: true })
  // What comes after the source asks for a device.
  Object.assign(kernel, { _buildAsync: () => Promise.resolve() })
  await kernel.build(...reads.map(() => input(new Float32Array(1), [1])))
  return kernel.compiledSource
}

/** The kernels of a graph in WGSL: our products, and what gpu.js makes of all others. Throws UserError where gpu.js is not
 *  installed.
 *  @param tiling where products keep what several sums need */
export const wgslTexts = async (graph: Graph, tiling: Tiling): Promise<KernelTexts> => {
  const gpujs = await loadGpuJs()
  const plan = planOf(simplify(graph))
  const { kernels, outputs } = textsOf(plan)
  const codes = await Promise.all(
    plan.steps.map(async step => shaderOf(step, tiling)?.code ?? (await translated(gpujs, step))),
  )
  return { kernels: kernels.map((kernel, i) => ({ ...kernel, source: codes[i]! })), outputs }
}
