/** ONNX Runtime on PyTorch's own export of the forward pass, with its own choice of threads, one per core.
 *
 *      node spec/bench/peers/onnxruntime.mjs exported.onnx batch.safetensors */
import { readTensors } from './safetensors.mjs'
import { serve } from './serve.mjs'

// It sends figures of its use home unless it is told not to before it is loaded.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
const { InferenceSession, Tensor } = await import('onnxruntime-node')

const [model, batch] = process.argv.slice(2)
const { X, labels } = readTensors(batch).tensors
const session = await InferenceSession.create(model, { interOpNumThreads: 1, graphOptimizationLevel: 'all' })
const clips = new Tensor('float32', X.data, X.shape)

const forward = async () => {
  const { data, dims } = (await session.run({ X: clips })).logits
  const K = dims[1]
  const losses = [...labels.data].map((label, b) => {
    const z = data.subarray(b * K, (b + 1) * K)
    const most = Math.max(...z)
    return most + Math.log(z.reduce((sum, v) => sum + Math.exp(v - most), 0)) - z[label]
  })
  return losses.reduce((a, b) => a + b) / losses.length
}
await serve({ name: "ONNX Runtime on PyTorch's export", what: ['forward'] }, { forward })
