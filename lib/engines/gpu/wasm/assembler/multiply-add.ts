/** A product and a sum as one instruction, which rounds once: WebAssembly's relaxed SIMD, in browsers and in Node from 21 on.
 *  V8 has a processor do 1.4 times as many products with it. */
import { builtin } from '../../../../host'
import { type Code, drop, f32x4, v128 } from './instructions'
import { assemble } from './module'
import { webAssembly } from './webassembly'

/** The code of a·b + c. */
export type MultiplyAdd = (a: Code, b: Code, c: Code) => Code
/** As one instruction, or as two. */
export const multiplyAdd = (fused: boolean): MultiplyAdd =>
  fused ? f32x4.relaxedMadd : (a, b, c) => f32x4.add(c, f32x4.mul(a, b))

const one = v128.splat(1)
const probe = assemble({
  imports: [],
  memory: { initial: 1, maximum: 1, shared: false },
  functions: [{ params: [], results: [], body: () => drop(f32x4.relaxedMadd(one, one, one)) }],
  exported: {},
})

/** Whether modules may ask for it here. Node 20 has it behind a flag, which this sets: modules without it stay what they are. */
export const fuses = (): boolean => {
  if (webAssembly.validate(probe)) return true
  builtin('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd')
  return webAssembly.validate(probe)
}
