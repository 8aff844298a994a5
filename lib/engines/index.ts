/** What runs graphs. */
export type { Engine, Executable, GraphMemory, RunFigures } from './engine'
export { compile, type Compiled, type Passed, type Held } from './compile'
export { ndarrayEngine } from './ndarray'
export { onnxEngine, onnxModel, type OnnxHandle, type OnnxOptions } from './onnx/engine'
export { emit, type EmitOptions } from './onnx/emit'
export { encodeModel, type ModelProto } from './onnx/schema'
export { modelFiles, type ModelFiles } from './onnx/files'
export {
  gpuJsListing,
  type ListedKernel,
  type KernelListing,
  type WasmListing,
  wasmListing,
  wgslListing,
} from './gpu/listing'
export { type Tiling, tilings } from './gpu/wgsl/products'
export { gpuEngine, type GpuHandle, type GpuOptions } from './gpu/engine'
export { modes as gpuModes, type Mode as GpuMode } from './gpu/device'
