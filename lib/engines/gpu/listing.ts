/** What the engine `gpu` makes of a graph, to read. */
export { gpuJsListing } from './gpujs/listing'
export type { ListedKernel, KernelListing } from './plan/listing'
export { type WasmListing, wasmListing } from './wasm/listing'
export { wgslListing } from './wgsl/listing'
