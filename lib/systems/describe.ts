/** A network of any system in words. */
import { counted } from '../tensor/words'
import { describeNetwork as describeOurs } from '../paper/describe'
import type { SystemConfig } from './config'
import type { NetworkConfig } from './network'

export { describeClips } from '../paper/describe'

/** What a system is called. */
export const systemTitle = ({ system }: Pick<NetworkConfig, 'system'>): string =>
  system === undefined ? 'CSTransformer' : { timesformer: 'TimeSformer', vivit: 'ViViT', vtn: 'VTN' }[system]

const named = (config: SystemConfig): readonly string[] => {
  const { blocks } = config
  if (config.system === 'timesformer')
    return [`TimeSformer, ${{ divided: 'divided space-time', joint: 'joint space-time', space: 'space-only' }[config.attention]} attention`, counted(blocks, 'block')] // prettier-ignore
  const { temporalBlocks } = config
  const both = [`${counted(blocks, 'block')} in space`, `${temporalBlocks} along time`]
  if (config.system === 'vtn') return ['VTN', ...both, `window ${config.window}`]
  const { model, tubelet } = config
  return [`ViViT model ${model}`, ...(model === 1 ? [counted(blocks, 'block')] : both), `tubelets of ${counted(tubelet, 'frame')}`] // prettier-ignore
}

/** The system, blocks, sizes and switches. */
export const describeNetwork = (config: NetworkConfig): string => {
  if (config.system === undefined) return describeOurs(config)
  const { dim, heads, cssa, fam } = config
  const switches = [cssa && 'CSSA', fam && 'FAM'].filter(Boolean)
  return [...named(config), `C' ${dim}`, counted(heads, 'head'), ...switches].join(', ')
}
