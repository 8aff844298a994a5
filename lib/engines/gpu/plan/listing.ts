/** A plan, to read. */
import type { Shape } from '../../../tensor'
import type { Plan, Step } from './plan'

/** A kernel, to read. */
export interface ListedKernel {
  /** What it is for. */
  readonly title: string
  /** Its source, a function of the arrays `reads`. */
  readonly source: string
  /** Threads along x, y and z; in mode webgpu how many workgroups. */
  readonly threads: readonly number[]
  /** Bytes of the arrays that it reads and writes, where they are counted. */
  readonly bytes?: { readonly read: number; readonly written: number }
  /** The arrays' numbers, those of the inputs first. */
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}
/** Kernels in the order in which they run, and which arrays hold the outputs. */
export interface KernelListing {
  readonly kernels: readonly ListedKernel[]
  readonly outputs: readonly { readonly array: number; readonly shape: Shape }[]
}

/** The listing of a plan.
 *  @param kernels what runs for each of its steps */
export const listingOf = (
  { steps, outputs }: Plan,
  kernels: readonly Pick<ListedKernel, 'source' | 'threads'>[],
): KernelListing => ({
  kernels: steps.map(({ title, reads, writes }: Step, i) => ({
    title,
    reads,
    writes: [writes],
    ...kernels[i]!,
  })),
  outputs,
})
