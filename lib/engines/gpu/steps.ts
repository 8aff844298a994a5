/** What devices do: they keep arrays, and run plans, those of gpu.js one kernel at a time. */
import type { Resident } from './gpujs/library'
import type { Execute, Plan, Step } from './plan/plan'
import type { Source } from './plan/source'
import type { Located } from './wasm/runtime/machine'

/** What a result is kept in: memory of the device, or numbers. */
export type Stored = Float32Array | Resident | Located

export interface Device {
  /** What runs, for people: mode, adapter, threads. */
  readonly description: string
  readonly compile: (plan: Plan) => Promise<Execute<Stored>> | Execute<Stored>
  readonly upload: (x: Float32Array) => Promise<Stored> | Stored
  readonly download: (x: Stored) => Promise<Float32Array>
  readonly discard: (x: Stored) => void
  readonly close: () => Promise<void>
}

/** A kernel for stored arrays. */
export type Run = (...args: unknown[]) => unknown
/** What a kernel is made of. */
export type Kernel = Pick<Source, 'source' | 'output'> & Partial<Source>
export interface KernelDevice<A> {
  readonly kernel: (kernel: Kernel) => Run
  /** What a kernel answered, as an array of so many elements. */
  readonly stored: (answer: unknown, size: number) => A
  readonly discard: (x: A) => void
}

/** What compiles plans for a device: kernels that have the same source are made once. */
export const stepByStep = <A>(device: KernelDevice<A>): ((plan: Plan) => Execute<A>) => {
  const kernels = new Map<string, Run>()
  const kernelFor = (step: Step, sizes: readonly number[]): Run => {
    const key = [step.source, step.output, step.reads.map(a => sizes[a])].join('|')
    const run = kernels.get(key) ?? device.kernel(step)
    kernels.set(key, run)
    return run
  }
  return plan => {
    const steps = plan.steps.map(step => ({ ...step, run: kernelFor(step, plan.sizes) }))
    return async given => {
      const arrays = new Map(given)
      const made = new Set<number>()
      const discard = (array: number): void => {
        device.discard(arrays.get(array)!)
        arrays.delete(array)
        made.delete(array)
      }
      try {
        for (const { run, reads, writes, frees } of steps) {
          const answer = await run(...reads.map(a => arrays.get(a)!))
          arrays.set(writes, device.stored(answer, plan.sizes[writes]!))
          made.add(writes)
          frees.forEach(discard)
        }
      } catch (error) {
        ;[...made].forEach(discard)
        throw error
      }
      return arrays
    }
  }
}
