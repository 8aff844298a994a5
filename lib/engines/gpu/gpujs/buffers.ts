/** Buffers of a WebGPU device: how they are used and read, and what the device refuses. */
import { UserError } from '../../../tensor'
import type { Buffer, WebGPU } from './library'

/** What buffers are for, as the standard numbers it. */
export const USAGE = { read: 1, from: 4, to: 8, uniform: 64, storage: 128 } as const
const READ = 1

/** What a device said of calls that cannot fail by themselves, as when its memory is used up: nothing is computed then. */
const refusals = new WeakMap<object, string>()

/** A function that throws where the device is lost, or has refused what it was asked. */
export const guard = (context: WebGPU): (() => void) => {
  const { device } = context
  device.onuncapturederror = ({ error }) => {
    if (!refusals.has(device)) refusals.set(device, error.message.split('\n')[0]!)
  }
  return () => {
    if (context.isLost) throw new Error('WebGPU device was lost')
    const refusal = refusals.get(device)
    if (refusal !== undefined)
      throw new UserError(
        `engine gpu: the device refused (${refusal}): a smaller batch, or another engine; go on from the last checkpoint`,
      )
  }
}

/** A function that reads bytes of a buffer, from one on. */
export const downloader = (context: WebGPU): ((from: Buffer, at: number, size: number) => Promise<Float32Array>) => {
  const { device } = context
  const check = guard(context)
  return async (from, at, size) => {
    check()
    const staging = device.createBuffer({ size, usage: USAGE.read | USAGE.to })
    try {
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(from, at, staging, 0, size)
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
  }
}
