/** Plans on gpu.js, one kernel at a time. */
import type { Execute, Plan, Step } from '../plan/plan'
import { keyOf } from '../plan/work'
import type { GpuJs, GpuKernel, Resident } from './library'
import type { Memory } from './memory'
import { type GpuJsSource, gpuJsSource } from './source'
import { packedProduct } from './textures'
import { grid, row } from './threads'

/** A kernel for stored arrays. */
export type Run = (...args: unknown[]) => unknown
/** What kernels are made with. */
export interface Workshop {
  readonly gpu: InstanceType<GpuJs['GPU']>
  readonly mode: string
  /** Whether results stay on the device. */
  readonly resident: boolean
  /** Whether arrays are textures, and whether products pack their operands there. */
  readonly textures: boolean
  readonly packs: boolean
  readonly memory?: Memory | undefined
}

/** A kernel from its source. */
export const sourceKernel = ({ gpu, mode, resident, memory }: Workshop, { source, output }: GpuJsSource): Run => {
  const run: GpuKernel = gpu.createKernel(source, {
    output,
    loopMaxIterations: 2 ** 24,
    pipeline: resident,
    immutable: resident,
  })
  // Rows as arrays of their own would only be joined again.
  if (mode === 'webasm') Object.assign(run.kernel, { _shapeOutput: (data: Float32Array) => data })
  return (...args) => {
    const answer = run(...args)
    const reason = run.kernel.fallbackReason
    if (reason)
      throw new Error(`engine gpu: a kernel must run on ${mode}, got gpu.js's fallback (${reason}): ${source}`)
    if (!memory) return answer
    return (answer as Promise<Resident>).then(result => {
      memory.unpinned(run)
      return result
    })
  }
}

/** The kernel of a step: a function of the arrays that it reads. */
const stepKernel = (workshop: Workshop, step: Step): Run => {
  const { work, reads } = step
  const packed = workshop.packs && work.kind === 'product' ? packedProduct(work) : undefined
  if (!packed || work.kind !== 'product')
    return sourceKernel(workshop, gpuJsSource(work, workshop.textures ? row : grid))
  const [left, right, sums] = [packed.left, packed.right, packed.sums].map(s => sourceKernel(workshop, s)) as [Run, Run, Run] // prettier-ignore
  return (...args) => {
    const operands = [work.left, work.right].map(
      ({ array }, i) => [left, right][i]!(args[reads.indexOf(array)]) as Resident,
    )
    const result = sums(...operands)
    for (const x of operands) x.delete()
    return result
  }
}

/** How results are kept. */
export interface Keeping<A> {
  /** What a kernel answered, as an array of so many elements. */
  readonly stored: (answer: unknown, size: number) => A
  readonly discard: (x: A) => void
}

/** What compiles plans: steps of the same work share a kernel. */
export const stepByStep = <A>(workshop: Workshop, { stored, discard }: Keeping<A>): ((plan: Plan) => Execute<A>) => {
  const kernels = new Map<string, Run>()
  const kernelFor = (step: Step, sizes: readonly number[]): Run => {
    const key = [keyOf(step.work), step.reads.map(a => sizes[a])].join('|')
    const run = kernels.get(key) ?? stepKernel(workshop, step)
    kernels.set(key, run)
    return run
  }
  return plan => {
    const steps = plan.steps.map(step => ({ ...step, run: kernelFor(step, plan.sizes) }))
    return async given => {
      const arrays = new Map(given)
      const made = new Set<number>()
      const drop = (array: number): void => {
        discard(arrays.get(array)!)
        arrays.delete(array)
        made.delete(array)
      }
      try {
        for (const { run, reads, writes, frees } of steps) {
          const answer = await run(...reads.map(a => arrays.get(a)!))
          arrays.set(writes, stored(answer, plan.sizes[writes]!))
          made.add(writes)
          frees.forEach(drop)
        }
      } catch (error) {
        ;[...made].forEach(drop)
        throw error
      }
      return arrays
    }
  }
}
