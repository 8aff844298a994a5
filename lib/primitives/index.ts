/** The primitives: operations that are not made of others. Everything in the library is made of these. */
import type { Primitive } from '../trace'
import { addition } from './add'
import { broadcasting } from './broadcast-to'
import { concatenation } from './concat'
import { division } from './div'
import { equality } from './equal'
import { erfPrimitive } from './erf'
import { exponential } from './exp'
import { gaussianErrorLinearUnit } from './gelu'
import { layerNormPrimitive } from './layer-norm'
import { logarithm } from './log'
import { matrixProduct } from './matmul'
import { maximum } from './max'
import { multiplication } from './mul'
import { permutation } from './permute'
import { reshaping } from './reshape'
import { slicing } from './slice'
import { softmaxPrimitive } from './softmax'
import { squareRoot } from './sqrt'
import { subtraction } from './sub'
import { summation } from './sum'

/** Every primitive by its name. The laws in `spec/laws` are given by the same names, so that the compiler lists what a
 *  new one still lacks. */
export const primitives = {
  add: addition,
  broadcastTo: broadcasting,
  concat: concatenation,
  div: division,
  equal: equality,
  erf: erfPrimitive,
  exp: exponential,
  gelu: gaussianErrorLinearUnit,
  layerNorm: layerNormPrimitive,
  log: logarithm,
  matmul: matrixProduct,
  max: maximum,
  mul: multiplication,
  permute: permutation,
  reshape: reshaping,
  slice: slicing,
  softmax: softmaxPrimitive,
  sqrt: squareRoot,
  sub: subtraction,
  sum: summation,
} satisfies Record<string, Primitive<never>>
/** The name of a primitive in the table. */
export type PrimitiveName = keyof typeof primitives

export { add, shift } from './add'
export { broadcastTo } from './broadcast-to'
export { concat, concatAll } from './concat'
export { div } from './div'
export { equal, oneHot } from './equal'
export { erf } from './erf'
export { exp } from './exp'
export { gelu } from './gelu'
export { EPSILON, inverseDeviation, layerNorm } from './layer-norm'
export { log } from './log'
export { matmul } from './matmul'
export { max } from './max'
export { mul, scale } from './mul'
export { permute, transpose } from './permute'
export { rearrange } from './rearrange'
export { reshape } from './reshape'
export { slice, split } from './slice'
export { softmax } from './softmax'
export { sqrt } from './sqrt'
export { sub } from './sub'
export { mean, sum, total } from './sum'
