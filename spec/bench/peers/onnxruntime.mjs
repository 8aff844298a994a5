/** ONNX Runtime on PyTorch's own export of the forward pass, with its own choice of threads, one per core.
 *
 *      node spec/bench/peers/onnxruntime.mjs exported.onnx batch.safetensors */
import { readFileSync } from 'node:fs'
import { crossEntropy } from './logits.mjs'
import { tensorsOf } from './safetensors.mjs'
import { contender } from './contender.mjs'
import { serve } from './serve.mjs'

// It sends figures of its use home unless it is told not to before it is loaded.
process.env.ORT_DISABLE_TELEMETRY ??= '1'
const { InferenceSession, Tensor } = await import('onnxruntime-node')

const [model, batch] = process.argv.slice(2)
const { X, labels } = tensorsOf(readFileSync(batch)).tensors
const session = await InferenceSession.create(model, { interOpNumThreads: 1, graphOptimizationLevel: 'all' })
const clips = new Tensor('float32', X.data, X.shape)

const forward = async () => crossEntropy((await session.run({ X: clips })).logits, labels.data)
await serve(contender("ONNX Runtime on PyTorch's export", { forward }))
