/** gpu.js in one of its modes: what it runs on, and how its results are kept, read and given back. */
import type { Device } from '../plan/plan'
import { type Run, sourceKernel, stepByStep, type Workshop } from './kernels'
import type { GpuJs, Resident } from './library'
import { type Memory } from './memory'
import { textureFunctions } from './textures'

/** What a result is kept in: memory of the device, or numbers. */
export type GpuJsArray = Float32Array | Resident

/** Numbers in nested arrays, one after another. */
const flattened = (x: unknown): Float32Array => {
  if (x instanceof Float32Array) return x
  const parts = (x as readonly unknown[]).map(flattened)
  const all = new Float32Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
const isResident = (x: unknown): x is Resident => typeof (x as Resident).toArray === 'function'
const stored = (answer: unknown, size: number): GpuJsArray => {
  if (!isResident(answer)) return flattened(answer)
  // A handle has the dimensions of the kernel that made it: to all others it is one long row.
  return Object.assign(answer, { output: [size] })
}
const discard = (x: GpuJsArray): void => {
  if (isResident(x)) x.delete()
}

/** Copies of arrays on the device: a kernel for each size. */
const uploads = (gpujs: GpuJs, workshop: Workshop): Device<GpuJsArray>['upload'] => {
  const copies = new Map<number, Run>()
  return x => {
    const { length } = x
    const copy =
      copies.get(length) ??
      sourceKernel(workshop, { source: 'function (a0) {\n  return a0[this.thread.x]\n}', output: [length] })
    copies.set(length, copy)
    const answer = copy(gpujs.input(x, [length]))
    return answer instanceof Promise ? answer.then(a => stored(a, length)) : stored(answer, length)
  }
}

export interface GpuJsOptions {
  readonly mode: string
  /** What it runs on, for people. */
  readonly on: string
  /** Whether products on textures pack their operands. */
  readonly packs: boolean
  /** Memory of our own in mode webgpu. */
  readonly memory?: Memory | undefined
}

/** gpu.js as a device that runs plans, one kernel at a time. */
export const gpuJsDevice = (gpujs: GpuJs, { mode, on, packs, memory }: GpuJsOptions): Device<GpuJsArray> => {
  const gpu = new gpujs.GPU({ mode })
  const textures = mode === 'headlessgl'
  const resident = textures || mode === 'webgpu'
  if (textures) for (const { name, source, settings } of textureFunctions) gpu.addNativeFunction(name, source, settings)
  const workshop: Workshop = { gpu, mode, resident, textures, packs: textures && packs, memory }
  return {
    description: `gpu.js on ${mode}, ${on}`,
    holds: resident ? 'device' : 'process',
    attention: false,
    compile: stepByStep(workshop, { stored, discard }),
    upload: memory?.upload ?? (resident ? uploads(gpujs, workshop) : x => x),
    download: async x => {
      if (!isResident(x)) return x
      return memory ? memory.download(x) : flattened(await x.toArray())
    },
    discard,
    close: () => gpu.destroy(),
  }
}
