/** ONNX Runtime Web's WebGPU provider as a peer: the forward pass, from our own export. */
import * as ort from 'onnxruntime-web/webgpu'
import { contender } from '../contender.mjs'
import { crossEntropy } from '../logits.mjs'
import { tensorsOf } from '../safetensors.mjs'

/** @param model the bytes of the export
 *  @param libraries where its WebAssembly is */
export const open = async ({ model, batch, libraries, versions }) => {
  ort.env.wasm.wasmPaths = libraries
  const session = await ort.InferenceSession.create(model, { executionProviders: ['webgpu'] })
  const { X, labels } = tensorsOf(batch).tensors
  const clips = new ort.Tensor('float32', X.data, X.shape)
  const forward = async () => crossEntropy((await session.run({ X: clips })).logits, labels.data)
  return contender(`ONNX Runtime Web ${versions['onnxruntime-web']}`, { forward })
}
