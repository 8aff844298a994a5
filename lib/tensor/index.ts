/** Tensors with typed shapes, and the signature language that types them. */
export * from './errors'
export { cited, citedTo, jsonText, oneLine, shortened, shown, tame } from './words'
export * from './tensor'
export { checkMemory } from './memory'
export * from './views'
export { heading, INSPECT } from './print'
export * from './random'
export { type Arg, type Dim, showDim, showTensor, type Signature, type TensorArg } from './dims'
export { parseSignature } from './signature'
export { broadcast, dimSize, shapeOf, solve, type Given, type Sizes } from './solve'
export type { Broadcast, Joined, Parts, Permuted, With } from './labels'
export type { Join } from './parsed'
export type {
  Body,
  NamesOf,
  PatternArg,
  PatternResult,
  Readable,
  ShapeMismatch,
  SizesOf,
  TensorOf,
  Typed,
} from './typed'
