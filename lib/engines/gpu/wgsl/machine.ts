/** What runs plans on a WebGPU device: all dispatches of a run are one command buffer and one submission. */
import { UserError } from '../../../tensor'
import { USAGE } from '../gpujs/buffers'
import type { Buffer, WebGPU, WebGPUDevice } from '../gpujs/library'
import type { RunFigures } from '../../engine'
import { bytesOf } from '../plan/memory'
import type { Execute, Plan } from '../plan/plan'
import { type DeviceMemory, type Located, openMemory } from './memory'
import type { Tiling } from './products'
import { dispatchOf, tableAt } from './module'
import { type Dispatch, type Program, programOf } from './program'

const FLOAT = 4
/** Bytes that offsets of uniforms are multiples of, on every device. */
const UNIFORM = 256
const COMPUTE = 4

export interface Machine {
  readonly memory: DeviceMemory
  readonly compile: (plan: Plan) => Promise<Execute<Located>>
  readonly close: () => void
}

/** What all programs bind: the memory, a table of places, and where in it a dispatch's begin. */
const layoutOf = (device: WebGPUDevice) => {
  const entry = (binding: number, buffer: object): object => ({ binding, visibility: COMPUTE, buffer })
  const group = device.createBindGroupLayout({
    entries: [
      entry(0, { type: 'storage' }),
      entry(1, { type: 'read-only-storage' }),
      entry(2, { type: 'uniform', hasDynamicOffset: true, minBindingSize: 16 }),
    ],
  })
  return { group, pipeline: device.createPipelineLayout({ bindGroupLayouts: [group] }) }
}

/** Makes a pipeline. Throws UserError with what the driver says where it refuses the code. */
const newPipeline = async (device: WebGPUDevice, layout: object, code: string): Promise<object> => {
  const refused = (message: string): UserError =>
    new UserError(`engine gpu: the driver must take our kernels, got '${message.split('\n')[0]!}'`, { cause: message })
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ code })
  const invalid = device.popErrorScope()
  const made = device
    .createComputePipelineAsync({ layout, compute: { module, entryPoint: 'main' } })
    .catch((error: unknown) => refused((error as Error).message))
  const error = await invalid
  if (error) throw refused(error.message)
  const pipeline = await made
  if (pipeline instanceof Error) throw pipeline
  return pipeline
}
/** Pipelines by their code: the same one is made once. */
const pipelines = (device: WebGPUDevice, layout: object): ((code: string) => Promise<object>) => {
  const known = new Map<string, Promise<object>>()
  return code => {
    const pipeline = known.get(code) ?? newPipeline(device, layout, code)
    known.set(code, pipeline)
    return pipeline
  }
}

/** A program on the device. */
interface Loaded {
  readonly program: Program
  readonly pipelines: readonly object[]
  /** Where in the table of bases each dispatch's is. */
  readonly offsets: Uint32Array
  readonly table: Buffer
  readonly bases: Buffer
}
const load = async (
  device: WebGPUDevice,
  program: Program,
  pipelineOf: (code: string) => Promise<object>,
): Promise<Loaded> => {
  const made = await Promise.all(program.dispatches.map(d => pipelineOf(d.code)))
  const table = device.createBuffer({
    size: program.table.length * FLOAT,
    usage: USAGE.storage | USAGE.to,
  })
  const bases = device.createBuffer({ size: program.dispatches.length * UNIFORM, usage: USAGE.uniform | USAGE.to })
  const numbers = new Uint32Array((program.dispatches.length * UNIFORM) / FLOAT)
  program.dispatches.forEach(({ base, units, count }: Dispatch, i) =>
    numbers.set([base, units.length, count], (i * UNIFORM) / FLOAT),
  )
  device.queue.writeBuffer(bases, 0, numbers)
  const offsets = Uint32Array.from(program.dispatches, (_, i) => i * UNIFORM)
  return { program, pipelines: made, offsets, table, bases }
}

/** What a run of a program is made of. */
const figuresOf = ({ dispatches, arena, alive, sizes }: Program): Omit<RunFigures, 'hostMs'> => {
  const bytes = (arrays: readonly number[]): number => bytesOf(sizes, arrays)
  return {
    dispatches: dispatches.length,
    submissions: 1,
    bytesRead: bytes(dispatches.flatMap(d => d.reads)),
    bytesWritten: bytes(dispatches.flatMap(d => d.writes)),
    arenaBytes: arena.size * FLOAT,
    aliveBytes: alive * FLOAT,
  }
}

export const openMachine = (context: WebGPU, tiling: Tiling): Machine => {
  const { device } = context
  const memory = openMemory(context)
  const layout = layoutOf(device)
  const pipelineOf = pipelines(device, layout.pipeline)
  const loaded: Loaded[] = []
  let arena: Located = { address: 0, size: 0 }
  let closed = false
  const arenaOf = (size: number): Located => {
    if (size > arena.size) {
      if (arena.size > 0) memory.give(arena)
      arena = { address: 0, size: 0 }
      arena = memory.take(size)
    }
    return arena
  }

  const bindingsOf = ({ table, bases }: Loaded): object =>
    device.createBindGroup({
      layout: layout.group,
      entries: [
        { binding: 0, resource: { buffer: memory.buffer() } },
        { binding: 1, resource: { buffer: table } },
        { binding: 2, resource: { buffer: bases, size: 16 } },
      ],
    })
  const submit = ({ program, pipelines: made, offsets }: Loaded, bindings: object): void => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    program.dispatches.forEach(({ count }, i) => {
      const [x, y] = dispatchOf(count)
      if (made[i] !== made[i - 1]) pass.setPipeline(made[i]!)
      pass.setBindGroup(0, bindings, offsets, i, 1)
      pass.dispatchWorkgroups(x, y)
    })
    pass.end()
    device.queue.submit([encoder.finish()])
  }

  const compile: Machine['compile'] = async plan => {
    if (plan.steps.length === 0) return async given => given
    const program = programOf(plan, tiling)
    const ready = await load(device, program, pipelineOf)
    loaded.push(ready)
    const table = tableAt(program.table)
    const outputs = [...new Set(plan.outputs.map(o => o.array))]
    let hostMs = Infinity
    let bound: { readonly buffer: Buffer; readonly bindings: object } | undefined
    const execute: Execute<Located> = async given => {
      const begun = performance.now()
      if (closed) throw new UserError('engine gpu: the engine must be open, got one that was closed')
      memory.check()
      const made = new Map<number, Located>()
      try {
        for (const array of outputs) if (!given.has(array)) made.set(array, memory.take(plan.sizes[array]!))
        const base = arenaOf(program.arena.size).address / FLOAT
        const place = (array: number): number => {
          const located = given.get(array) ?? made.get(array)
          return located ? located.address / FLOAT : base + program.arena.offsets.get(array)!
        }
        device.queue.writeBuffer(ready.table, 0, table(place))
        // A memory that grew is another buffer.
        if (bound?.buffer !== memory.buffer()) bound = { buffer: memory.buffer(), bindings: bindingsOf(ready) }
        submit(ready, bound.bindings)
      } catch (error) {
        for (const x of made.values()) memory.give(x)
        throw error
      }
      hostMs = Math.min(hostMs, performance.now() - begun)
      return new Map(outputs.map(array => [array, (given.get(array) ?? made.get(array))!]))
    }
    return Object.assign(execute, { figures: () => ({ ...figuresOf(program), hostMs }) })
  }
  return {
    memory,
    compile,
    close: () => {
      closed = true
      for (const { table, bases } of loaded.splice(0)) [table, bases].forEach(b => b.destroy())
      memory.close()
    },
  }
}
