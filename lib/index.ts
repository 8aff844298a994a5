/** Cross-Stage Transformer for Video Learning, equation by equation. */
export * from './tensor'
export * from './trace'
export * from './primitives'
export * from './transforms'
export * from './engines'
export * from './paper'
export * from './training'
export * from './video'
