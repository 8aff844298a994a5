/** The kernels of a graph as gpu.js takes them, to read. */
import type { Graph } from '../../../trace'
import { simplify } from '../../../transforms'
import { type KernelListing, listingOf } from '../plan/listing'
import { planOf } from '../plan/plan'
import { gpuJsSource } from './source'

/** The kernels of a graph in gpu.js's JavaScript, whatever its mode. */
export const gpuJsListing = (graph: Graph): KernelListing => {
  const plan = planOf(simplify(graph))
  return listingOf(
    plan,
    plan.steps.map(({ work }) => {
      const { source, output } = gpuJsSource(work)
      return { source, threads: output }
    }),
  )
}
