/** Memory of a WebGPU device: gpu.js gives a result's buffer back when its kernel runs again, and keeps what it was given. */
import { UserError } from '../../../tensor'
import type { GpuJs, GpuKernel, Resident, WebGPU } from './library'

// Numbers that the standard gives.
const MAP_READ = 1
const COPY_SRC = 4
const COPY_DST = 8
const STORAGE = 128
const READ = 1

/** What a device said of calls that cannot fail by themselves, as when its memory is used up: nothing is computed then. */
const refusals = new WeakMap<object, string>()

/** What mode webgpu does itself. */
export interface Memory {
  readonly upload: (x: Float32Array) => Resident
  readonly download: (x: Resident) => Promise<Float32Array>
  /** A kernel's result belongs to whoever asked for it alone. */
  readonly unpinned: (run: GpuKernel) => void
}

export const webgpuMemory = ({ WebGPUBufferResult }: GpuJs, context: WebGPU): Memory => {
  const { device } = context
  device.onuncapturederror = ({ error }) => {
    if (!refusals.has(device)) refusals.set(device, error.message.split('\n')[0]!)
  }
  const check = (): void => {
    if (context.isLost) throw new Error('WebGPU device was lost')
    const refusal = refusals.get(device)
    if (refusal !== undefined)
      throw new UserError(
        `engine gpu: the device refused (${refusal}): a smaller batch, or another engine; go on from the last checkpoint`,
      )
  }
  const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize)
  return {
    upload: x => {
      check()
      if (x.byteLength > most)
        throw new Error(`a tensor needs ${x.byteLength} bytes but this device allows ${most} per storage buffer`)
      const buffer = device.createBuffer({
        size: x.byteLength,
        usage: STORAGE | COPY_SRC | COPY_DST,
        mappedAtCreation: true,
      })
      new Float32Array(buffer.getMappedRange()).set(x)
      buffer.unmap()
      return new WebGPUBufferResult({ buffer, output: [x.length], context })
    },
    download: async x => {
      check()
      const size = 4 * x.output.reduce((a, b) => a * b)
      const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST })
      try {
        const encoder = device.createCommandEncoder()
        encoder.copyBufferToBuffer(x.buffer!, 0, staging, 0, size)
        device.queue.submit([encoder.finish()])
        await staging.mapAsync(READ)
        check()
        return new Float32Array(staging.getMappedRange().slice(0))
      } catch (error) {
        check()
        throw error
      } finally {
        staging.destroy()
      }
    },
    unpinned: ({ kernel }) => {
      const { outputBuffer } = kernel
      if (!outputBuffer) return
      // The count of those who hold it: the kernel is one of them no more.
      outputBuffer._refs--
      Object.assign(kernel, { outputBuffer: null, bindGroup: null, bindGroupDirty: true })
    },
  }
}
