/** Memory of a WebGPU device: gpu.js gives a result's buffer back when its kernel runs again, and keeps what it was given. */
import type { GpuJs, GpuKernel, Resident, WebGPU } from './library'
import { downloader, guard, USAGE } from './buffers'

/** What mode webgpu does itself. */
export interface Memory {
  readonly upload: (x: Float32Array) => Resident
  readonly download: (x: Resident) => Promise<Float32Array>
  /** A kernel's result belongs to whoever asked for it alone. */
  readonly unpinned: (run: GpuKernel) => void
}

export const webgpuMemory = ({ WebGPUBufferResult }: GpuJs, context: WebGPU): Memory => {
  const { device } = context
  const check = guard(context)
  const download = downloader(context)
  const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize)
  return {
    upload: x => {
      check()
      if (x.byteLength > most)
        throw new Error(`a tensor needs ${x.byteLength} bytes but this device allows ${most} per storage buffer`)
      const buffer = device.createBuffer({
        size: x.byteLength,
        usage: USAGE.storage | USAGE.from | USAGE.to,
        mappedAtCreation: true,
      })
      new Float32Array(buffer.getMappedRange()).set(x)
      buffer.unmap()
      return new WebGPUBufferResult({ buffer, output: [x.length], context })
    },
    download: x => download(x.buffer!, 0, 4 * x.output.reduce((a, b) => a * b)),
    unpinned: ({ kernel }) => {
      const { outputBuffer } = kernel
      if (!outputBuffer) return
      // The count of those who hold it: the kernel is one of them no more.
      outputBuffer._refs--
      Object.assign(kernel, { outputBuffer: null, bindGroup: null, bindGroupDirty: true })
    },
  }
}
