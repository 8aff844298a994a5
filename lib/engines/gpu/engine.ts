/** The engine `gpu`: graphs as kernels of gpu.js. */
import { record, strict } from '../../tensor/given'
import { DTypeError, dtypeOf, flat, over, type Shape, type Tensor, UserError } from '../../tensor'
import type { Graph } from '../../trace'
import { fusedWhereLess, simplify } from '../../transforms'
import { checkInputs, type Engine } from '../engine'
import { type DeviceOptions, type Mode, modes, openDevice, type Stored } from './device'
import { planMemory } from './plan/memory'
import { planOf } from './plan/plan'

/** How the engine gpu runs graphs. */
export interface GpuOptions extends DeviceOptions {
  /** What gpu.js computes with. */
  readonly mode: Mode
}

/** An array on the device, which several tensors may share. */
interface Shared {
  readonly data: Promise<Stored> | Stored
  users: number
}
/** A tensor on the device. */
export interface GpuHandle {
  readonly shape: Shape
  readonly array: Shared
  released: boolean
}

/** What a device refuses or suffers, said in one line with what to do; any other error as it is. */
const explained = (error: unknown): unknown => {
  const [line] = error instanceof Error ? error.message.split('\n') : ['']
  // Dawn's words where the device itself is gone, and where the process that held it is.
  if (/device\W* (was|is) lost|external instance reference/i.test(line!))
    return new UserError(`engine gpu: the device was lost: go on from the last checkpoint, here or with another engine`)
  if (error instanceof RangeError && /createBuffer/.test(line!))
    return new UserError(`engine gpu: the device refused (${line}): a smaller batch, or another engine`)
  if (/per storage buffer/.test(line!)) return new UserError(`engine gpu: ${line}: a smaller batch, or another engine`)
  return error
}
const fail = (error: unknown): never => {
  throw explained(error)
}

/** The engine. Throws UserError for a mode that cannot run here: it says what to install. */
export const gpuEngine = strict(
  'gpuEngine',
  { options: record },
  async ({ mode, ...options }: GpuOptions): Promise<Engine<GpuHandle>> => {
    if (!modes.includes(mode))
      throw new UserError(`engine gpu: the mode must be one of ${modes.join(', ')}, got '${mode}'`)
    const device = await openDevice(mode, options)
    const constants: Stored[] = []

    const compile = async (graph: Graph) => {
      if (graph.dtype !== 'float32') throw new DTypeError(`engine gpu: a graph must be of float32, got ${graph.dtype}`)
      const plan = planOf(simplify(graph), device.attention)
      const uploaded = await Promise.all(
        [...plan.constants].map(
          async ([array, x]) => [array, await device.upload(Float32Array.from(flat(x)))] as const,
        ),
      )
      constants.push(...uploaded.map(([, x]) => x))
      const execute = await device.compile(plan)
      const run = async (handles: readonly GpuHandle[]): Promise<readonly GpuHandle[]> => {
        checkInputs(
          graph,
          handles.map(({ shape }) => ({ shape, dtype: 'float32' })),
        )
        const arrays = new Map<number, Stored>(uploaded)
        // Where nothing has to be waited for, a run is begun at once, before handles may be released or the engine closed.
        for (const [i, { array }] of handles.entries())
          arrays.set(i, array.data instanceof Promise ? await array.data : array.data)
        const made = await execute(arrays).catch(fail)
        const shared = new Map<number, Shared>(handles.map((h, i) => [i, h.array]))
        return plan.outputs.map(({ array, shape }) => {
          const owner = shared.get(array) ?? {
            data: made.get(array)!,
            users: uploaded.some(([a]) => a === array) ? 1 : 0,
          }
          shared.set(array, owner)
          owner.users++
          return { shape, array: owner, released: false }
        })
      }
      return Object.assign(run, { figures: execute.figures })
    }

    return {
      name: 'gpu',
      description: device.description,
      ...(device.passedOver ? { passedOver: device.passedOver } : {}),
      dtypes: ['float32'],
      compile,
      memory: graph => planMemory(planOf(simplify(graph), device.attention)),
      holds: device.holds,
      allocated: device.allocated,
      // On WebGPU what it costs in time is not known yet: there it is asked for.
      attention: device.attention && mode === 'webasm' ? fusedWhereLess : 'plain',
      upload: (x: Tensor) => {
        const data = flat(x)
        if (!(data instanceof Float32Array))
          throw new DTypeError(`engine gpu: a tensor must be of float32, got ${dtypeOf(x)}`)
        try {
          return { shape: x.shape, array: { data: device.upload(data), users: 1 }, released: false }
        } catch (error) {
          return fail(error)
        }
      },
      download: async ({ shape, array }) => over(await device.download(await array.data).catch(fail), shape),
      release: handles => {
        for (const handle of handles) {
          if (handle.released) continue
          handle.released = true
          if (--handle.array.users === 0) void Promise.resolve(handle.array.data).then(device.discard)
        }
      },
      close: async () => {
        for (const x of constants.splice(0)) device.discard(x)
        await device.close()
      },
    }
  },
)
