/** The systems that the paper compares itself with, made of its equations wherever they are the same: TimeSformer, ViViT and
 *  VTN, each with cross-stage attention and feature aggregation as switches. */
import type { Described } from '../trace'
import { dividedBlock } from './timesformer'
import { classTokens, firstToken, joinFrames, meanOfFrames, tubeletEmbedding, withClassToken } from './tokens'
import { deepHead, windowAttention, windowBlock } from './vtn'

/** The equations that are not the paper's, by name. */
export const systemEquations = {
  joinFrames,
  dividedBlock,
  meanOfFrames,
  tubeletEmbedding,
  withClassToken,
  classTokens,
  firstToken,
  windowAttention,
  windowBlock,
  deepHead,
} satisfies Record<string, Described>

export { type Make, makeAbstract, makeInitial } from '../paper/parameters'
export * from './config'
export * from './encoder'
export * from './network'
export * from './timesformer'
export * from './tokens'
export * from './vivit'
export * from './vtn'
export * from './compared'
