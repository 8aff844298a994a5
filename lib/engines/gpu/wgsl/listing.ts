/** The WGSL that mode webgpu runs, to read: a module for each dispatch. */
import type { Graph } from '../../../trace'
import { simplify } from '../../../transforms'
import type { KernelListing } from '../plan/listing'
import { bytesOf } from '../plan/memory'
import { planOf } from '../plan/plan'
import type { Tiling } from './products'
import { type Dispatch, programOf } from './program'

/** What a dispatch does: the steps of its units, and how many units there are of each kind. */
const titleOf = ({ units }: Dispatch): string => {
  const counts = new Map<string, number>()
  for (const { unit } of units) {
    const steps = unit.steps.map(s => s.title).join(' + ')
    counts.set(steps, (counts.get(steps) ?? 0) + 1)
  }
  return [...counts].map(([steps, n]) => (n === 1 ? steps : `${n} times ${steps}`)).join('; ')
}

/** The dispatches of a graph in WGSL, as mode webgpu runs them.
 *  @param tiling where products keep what several sums need, and rows what their threads share */
export const wgslListing = (graph: Graph, tiling: Tiling): KernelListing => {
  const plan = planOf(simplify(graph), true)
  const { dispatches, sizes } = programOf(plan, tiling)
  return {
    outputs: plan.outputs,
    kernels: dispatches.map(dispatch => ({
      title: titleOf(dispatch),
      source: dispatch.code,
      threads: [dispatch.count],
      bytes: { read: bytesOf(sizes, dispatch.reads), written: bytesOf(sizes, dispatch.writes) },
      reads: [...new Set(dispatch.reads)],
      writes: dispatch.writes,
    })),
  }
}
