/** What is done to whole functions and graphs. */
export { cost, type Cost, type Flops, flopsOf } from './cost'
export { withoutDeadWork } from './dead-work'
export { fuseAttention, withFusedAttention } from './fused-attention'
export { grad, type Loss, valueAndGrad } from './gradient'
export { BYTES, peakBytes } from './liveness'
export { lower } from './lower'
export { simplify } from './simplify'
export { type Side, type Split, splitGraph } from './split'
