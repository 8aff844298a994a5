/** The paper, equation by equation. */
import type { Described } from '../trace'
import { attention, joinHeads, multiHead, project, scores } from './attention'
import { block, mlp } from './block'
import { crossAttention, crossMultiHead, crossStageMap } from './cross-stage-attention'
import { featureAggregation, featureTerm } from './feature-aggregation'
import { classPool, head, meanPool } from './head'
import { classToken, patchEmbedding } from './patch-embedding'
import { maskedAttention, maskedBlock, maskedMultiHead } from './masked-attention'
import { positionEncoding } from './position-encoding'
import { toSpace, toTime } from './regroup'
import { wideHeadAttention } from './wide-heads'

/** Every equation by its name, in the order of the paper's numbers; those without one stand behind the one that they are
 *  part of. Their laws in `spec/laws` are given by the same names. */
export const equations = {
  patchEmbedding,
  classToken,
  positionEncoding,
  block,
  mlp,
  toTime,
  toSpace,
  featureAggregation,
  featureTerm,
  classPool,
  meanPool,
  head,
  crossStageMap,
  multiHead,
  attention,
  crossMultiHead,
  crossAttention,
  wideHeadAttention,
  maskedAttention,
  maskedMultiHead,
  maskedBlock,
  scores,
  project,
  joinHeads,
} satisfies Record<string, Described>
/** The name of an equation in the table. */
export type EquationName = keyof typeof equations

export * from './attention'
export * from './block'
export * from './cross-stage-attention'
export * from './feature-aggregation'
export * from './head'
export * from './masked-attention'
export * from './patch-embedding'
export * from './position-encoding'
export * from './regroup'
export * from './wide-heads'
export { baseline, type Config, configure, patches } from './config'
export { type BlockResult, type Forward, forward, network } from './network'
export {
  abstractParameters,
  type AggregationParameters,
  type BlockParameters,
  type FeatureParameters,
  type Initial,
  initialParameters,
  type Parameters,
} from './parameters'
export { variants } from './variants'
