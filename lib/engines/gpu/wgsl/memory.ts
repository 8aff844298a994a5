/** The memory of a WebGPU device in which all arrays live: one buffer, which grows. */
import { UserError } from '../../../tensor'
import { downloader, guard, USAGE } from '../gpujs/buffers'
import type { Buffer, WebGPU } from '../gpujs/library'
import { heap } from '../plan/heap'

const FLOAT = 4
/** Bytes of a new memory. */
const INITIAL = 2 ** 20

/** An array in the memory: its bytes begin at an address. */
export interface Located {
  readonly address: number
  readonly size: number
}
export interface DeviceMemory {
  /** The most bytes that it may have. */
  readonly most: number
  /** The buffer as it is now: another one, once the memory has grown. */
  readonly buffer: () => Buffer
  /** A block for so many floats. Throws UserError where there is no memory for it. */
  readonly take: (size: number) => Located
  readonly give: (x: Located) => void
  readonly upload: (x: Float32Array) => Located
  readonly download: (x: Located) => Promise<Float32Array>
  /** Throws where the device is lost, or has refused something. */
  readonly check: () => void
  /** Bytes that are taken. */
  readonly used: () => number
  readonly close: () => void
}

const MiB = (bytes: number): number => Math.ceil(bytes / 2 ** 20)

export const openMemory = (context: WebGPU): DeviceMemory => {
  const { device } = context
  const check = guard(context)
  const download = downloader(context)
  const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize)
  const newBuffer = (size: number): Buffer =>
    device.createBuffer({ size, usage: USAGE.storage | USAGE.from | USAGE.to })
  const space = heap()
  let size = Math.min(INITIAL, most)
  let buffer = newBuffer(size)
  const grow = (needed: number): void => {
    const larger = Math.min(most, Math.max(needed, 2 * size))
    const next = newBuffer(larger)
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, next, 0, size)
    device.queue.submit([encoder.finish()])
    buffer.destroy()
    ;[buffer, size] = [next, larger]
  }
  const take = (count: number): Located => {
    check()
    const address = space.take(count * FLOAT)
    if (space.end() > most) {
      space.give(address)
      throw new UserError(
        `engine gpu: ${MiB(count * FLOAT)} MiB of memory are needed, but of ${MiB(most)} MiB that the device has in one buffer, ${MiB(space.used())} are in use: a smaller batch, or another engine`,
      )
    }
    if (space.end() > size) grow(space.end())
    return { address, size: count }
  }
  return {
    most,
    buffer: () => buffer,
    take,
    give: x => space.give(x.address),
    upload: x => {
      const located = take(x.length)
      device.queue.writeBuffer(buffer, located.address, x)
      return located
    },
    download: x => download(buffer, x.address, x.size * FLOAT),
    check,
    used: space.used,
    close: () => buffer.destroy(),
  }
}
