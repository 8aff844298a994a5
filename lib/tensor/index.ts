/** Tensors with typed shapes, and the signature language that types them. */
export * from './errors'
export * from './tensor'
export * from './views'
export * from './random'
export { parseSignature, showDim, showTensor, type Arg, type Dim, type Signature, type TensorArg } from './signature'
export { broadcast, evaluate, shapeOf, solve, type Given, type Sizes } from './solve'
export type { Broadcast, Joined, Parts, With } from './labels'
export type { Body, PatternArg, PatternResult, ShapeMismatch, SizesOf, Typed } from './typed'
