/** What the engine `gpu` makes of a graph, to read. */
import { type Shape } from '../../tensor'
import type { Graph } from '../../trace'
import { simplify } from '../../transforms'
import { type Plan, planOf } from './plan/plan'

/** A kernel, to read. */
export interface KernelText {
  /** What it is for. */
  readonly title: string
  /** gpu.js's source, a function of the arrays `reads`; or what a mode runs in its place. */
  readonly source: string
  /** Threads along x, y and z. */
  readonly threads: readonly number[]
  /** The arrays' numbers, those of the inputs first. */
  readonly reads: readonly number[]
  readonly writes: number
}
/** Kernels in the order in which they run, and which arrays hold the outputs. */
export interface KernelTexts {
  readonly kernels: readonly KernelText[]
  readonly outputs: readonly { readonly array: number; readonly shape: Shape }[]
}

/** What a plan is, to read. */
export const textsOf = ({ steps, outputs }: Plan): KernelTexts => ({
  kernels: steps.map(({ title, source, output, reads, writes }) => ({ title, source, threads: output, reads, writes })),
  outputs,
})

/** The kernels of a graph as gpu.js takes them, whatever its mode. */
export const kernelTexts = (graph: Graph): KernelTexts => textsOf(planOf(simplify(graph)))
