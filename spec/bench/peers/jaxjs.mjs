/** jax-js on WebAssembly as a peer: the same network, weights, clips and steps, every token in every block, each of them one jit.
 *
 *      node spec/bench/peers/jaxjs.mjs parameters.safetensors batch.safetensors rate momentum decay
 *
 *  An operation uses its operands up; `.ref` keeps one. jit reads the operands of a product through their transposes and
 *  reshapes, and a transpose under a reshape then keeps the product from its SIMD code: adding a zero that it cannot see
 *  through makes it write the operand out before. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { caseOf } from './case.mjs'
import { runsOf } from './jaxjs-network.mjs'
import { contender } from './contender.mjs'
import { serve } from './serve.mjs'
import { likeABrowser } from './threads.mjs'

likeABrowser()
const jax = await import('@jax-js/jax')
await jax.init('wasm')
jax.defaultDevice('wasm')
const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'node_modules', '@jax-js', 'jax', 'package.json')),
)

const [parameters, batch] = process.argv.slice(2, 4).map(file => readFileSync(file))
const given = caseOf('jaxjs.mjs', parameters, batch)
const runs = runsOf(jax, given, process.argv.slice(4).map(Number), (v, zero) => v.add(zero.ref))
await serve(contender(`jax-js ${version}, wasm`, runs))
process.exit()
