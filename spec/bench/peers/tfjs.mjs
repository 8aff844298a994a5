/** TensorFlow.js on WebAssembly as a peer: the same network, weights, clips and steps, every token in every block.
 *
 *      node spec/bench/peers/tfjs.mjs parameters.safetensors batch.safetensors rate momentum decay
 *
 *  Products are written for its fast path: two matrices, no transposing flags (with them, or with batches, its kernels leave
 *  XNNPACK for a plain loop), so a linear layer brings its own gradient with the transposes made before. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { caseOf } from './case.mjs'
import { contender } from './contender.mjs'
import { serve } from './serve.mjs'
import { byTransposes, runsOf } from './tfjs-network.mjs'

// Its greetings are no answers.
console.log = console.info = console.warn = (...words) => process.stderr.write(`${words.join(' ')}\n`)
const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs')
require('@tensorflow/tfjs-backend-wasm')
await tf.setBackend('wasm')
await tf.ready()

const [parameters, batch] = process.argv.slice(2, 4).map(file => readFileSync(file))
const runs = runsOf(tf, caseOf('tfjs.mjs', parameters, batch), process.argv.slice(4).map(Number), byTransposes)
await serve(contender(`TensorFlow.js ${tf.version.tfjs}, wasm`, runs))
