/** Mode webasm with WebAssembly of our own beside gpu.js's. Each kernel of gpu.js has a memory of its own, and copies its
 *  arguments and its result through JavaScript; ours share one memory and one pool of threads, and run all steps of a plan in
 *  one go. Nothing of gpu.js is changed: its kernels are what ours are compared with when an engine opens, and what runs
 *  where ours cannot. */
import type { Device } from '../plan/plan'
import { openMachine } from './runtime/machine'
import type { Located } from './runtime/memory'

/** Our own WebAssembly as a device. */
export const wasmDevice = (threads: number, on: string): Device<Located> => {
  const machine = openMachine(threads)
  return {
    description: `${on}, our own SIMD on ${machine.threads === 1 ? 'one thread' : `${machine.threads} threads`}`,
    holds: { most: machine.most },
    allocated: machine.allocated,
    attention: true,
    compile: machine.compile,
    upload: machine.upload,
    download: async x => machine.download(x),
    discard: machine.discard,
    close: machine.close,
  }
}
