/** A network in words. */
import { counted } from '../tensor/words'
import { type Config, patches } from './index'

/** Blocks, sizes, and the switches that are not as in the paper. */
export const describeNetwork = (config: Config): string => {
  const { STB, TTB, dim, heads, cssa, fam, spatialPosition, temporalPosition, scores, aggregation, pool } = config
  return [
    `${STB} STB + ${TTB} TTB`,
    `C' ${dim}`,
    counted(heads, 'head'),
    ...(cssa ? [] : ['no CSSA']),
    ...(fam ? [] : ['no FAM']),
    ...(spatialPosition ? [] : ['no P_s']),
    ...(temporalPosition ? [] : ['no P_t']),
    ...(scores === 'raw' ? [] : ['accumulated scores']),
    ...(aggregation === 'network' ? [] : ['a FAM for each stage']),
    ...(pool === 'class' ? [] : ['mean pooling']),
  ].join(', ')
}

/** The clips that a network takes. */
export const describeClips = (config: Pick<Config, 'frames' | 'height' | 'width' | 'patch'>): string => {
  const { frames, height, width, patch } = config
  return `${counted(frames, 'frame')} of ${height} × ${width} in ${patches(config)} patches of ${patch} × ${patch}`
}
