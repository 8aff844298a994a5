import { Option } from 'commander'
import type { Engine } from '../../engines'
import type { NetworkConfig } from '../../systems'
import { fusedBlocks } from '../../training'
import { type Attention, withFusedAttention } from '../../transforms'

/** What `--attention` says. */
export const attentions = { plain: 'plain', fused: withFusedAttention } as const satisfies Record<string, Attention>
/** Plain, or fused; as the engine has it where it is not given. */
export type AttentionFlag = keyof typeof attentions | undefined

/** The flag of a command that runs networks. */
export const attentionOption = (): Option =>
  new Option(
    '--attention <how>',
    'plain keeps scores, fused computes them again where they are needed (default: fused where it keeps less than half, with --engine gpu on webasm)',
  ).choices(Object.keys(attentions))

/** An engine whose attention is computed as the flag says. */
export const attending = <E extends Engine>(engine: E, attention: AttentionFlag): E =>
  attention === undefined ? engine : { ...engine, attention: attentions[attention] }

/** What computes, and in how many places a network attends without keeping scores, where there are any. */
export const describeEngine = ({ description, attention = 'plain' }: Engine, config: NetworkConfig): string => {
  if (attention === 'plain') return description
  const { fused, all } = fusedBlocks(config, attention)
  return fused === 0 ? description : `${description}, attention fused in ${fused} of ${all} places`
}
