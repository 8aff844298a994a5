/** What the engine `gpu` makes of a graph, to read. */
import { type Shape } from '../../tensor'
import type { Graph } from '../../trace'
import { simplify } from '../../transforms'
import { planOf } from './plan'

/** A kernel, to read. */
export interface KernelText {
  /** What it is for. */
  readonly title: string
  /** gpu.js's source: a function of the arrays `reads`. */
  readonly source: string
  /** Threads along x, y and z. */
  readonly threads: readonly number[]
  /** The arrays' numbers, those of the inputs first. */
  readonly reads: readonly number[]
  readonly writes: number
}
/** The kernels of a graph in the order in which they run, and which arrays hold its outputs. */
export const kernelTexts = (
  graph: Graph,
): {
  readonly kernels: readonly KernelText[]
  readonly outputs: readonly { readonly array: number; readonly shape: Shape }[]
} => {
  const { steps, outputs } = planOf(simplify(graph))
  const kernels = steps.map(({ title, source, output, reads, writes }) => ({
    title,
    source,
    threads: output,
    reads,
    writes,
  }))
  return { kernels, outputs }
}
