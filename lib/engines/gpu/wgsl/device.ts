/** Mode webgpu with plans of our own on gpu.js's device: modules in WGSL for groups of steps, all in one submission. */
import type { WebGPU } from '../gpujs/library'
import type { Device } from '../plan/plan'
import { openMachine } from './machine'
import type { Located } from './memory'
import type { Tiling } from './products'

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
