/** Mode webgpu with plans of our own on gpu.js's device: a kernel in WGSL for each text, all dispatches in one submission. */
import { UserError } from '../../../tensor'
import type { WebGPU } from '../gpujs/library'
import type { Device, Execute, Plan } from '../plan/plan'
import { openMachine } from './machine'
import type { Located } from './memory'
import type { Tiling } from './products'

/** @param on what it runs on, for people */
export const wgslDevice = (context: WebGPU, tiling: Tiling, on: string): Device<Located> => {
  const { memory, compile, close } = openMachine(context, tiling)
  return {
    description: `gpu.js on webgpu, ${on}, our own plans in WGSL, tiles in ${tiling}`,
    holds: { most: memory.most },
    attention: true,
    compile,
    upload: memory.upload,
    download: memory.download,
    discard: memory.give,
    close: async () => close(),
  }
}

/** A plan of one device on another, with its arrays copied there and back. */
const elsewhere = async <A, B>(plan: Plan, device: Device<A>, other: Device<B>): Promise<Execute<A>> => {
  const execute = await other.compile(plan)
  return async given => {
    const passed = new Map<number, B>()
    for (const [array, x] of given) passed.set(array, await other.upload(await device.download(x)))
    const made = await execute(passed)
    const results = new Map<number, A>()
    for (const { array } of plan.outputs)
      if (given.has(array)) results.set(array, given.get(array)!)
      else if (!results.has(array)) results.set(array, await device.upload(await other.download(made.get(array)!)))
    for (const x of new Set([...passed.values(), ...made.values()])) other.discard(x)
    return results
  }
}

/** A device whose plans run on another one where it refuses them, as a driver does that cannot make one of their kernels.
 *  @param say gets a line where that happens, and all that the driver says */
export const withFallback = <A, B>(
  device: Device<A>,
  other: Device<B>,
  say: (line: string, why: string) => void,
): Device<A> => ({
  ...device,
  compile: async plan => {
    try {
      return await device.compile(plan)
    } catch (error) {
      const attends = !other.attention && plan.steps.some(s => s.work.kind === 'attention')
      if (attends || !(error instanceof UserError)) throw error
      say(`${error.message}: gpu.js runs this graph, one kernel at a time`, String(error.cause ?? error.message))
      return elsewhere(plan, device, other)
    }
  },
  close: async () => {
    await device.close()
    await other.close()
  },
})
