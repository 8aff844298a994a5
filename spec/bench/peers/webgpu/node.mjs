/** A peer in Node, on the package `webgpu`:
 *
 *      node spec/bench/peers/webgpu/node.mjs tfjs '{"parameters": "FILE", "batch": "FILE", "model": "FILE", "sgd": [0.02, 0.9, 1e-4]}' */
import { readFileSync } from 'node:fs'
import { create, globals } from 'webgpu'
import { serve } from '../serve.mjs'

// Greetings are no answers.
console.log = console.info = console.warn = (...words) => process.stderr.write(`${words.join(' ')}\n`)
Object.assign(globalThis, globals)
// What later versions of Node have by themselves.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node}` }
Object.defineProperty(globalThis.navigator, 'gpu', { value: create([]), configurable: true })

const [program, text] = process.argv.slice(2)
const { parameters, batch, model, ...given } = JSON.parse(text)
const { open } = await import(`./${program}.mjs`)
const bytes = file => Uint8Array.from(readFileSync(file))
await serve(await open({ ...given, parameters: bytes(parameters), batch: bytes(batch), model: bytes(model) }))
process.exit()
