/** How much of a network's attention keeps no scores. */
import type { Parameters } from '../paper'
import { fusedAttention, softmax } from '../primitives'
import { abstractNetwork, logitsOf, type NetworkConfig } from '../systems/network'
import type { Tensor } from '../tensor'
import { strict } from '../tensor/given'
import { abstract, type Applies, trace } from '../trace'
import { type Attention, withAttention } from '../transforms'
import { attentionKind } from '../transforms/attention'
import { config } from './kinds'

/** In how many places a network attends, and in how many of them without keeping scores, where its attention is computed in some way. */
export const fusedBlocks = strict(
  'fusedBlocks',
  { config, attention: attentionKind },
  (config: NetworkConfig, attention: Attention) => {
    const { channels, frames, height, width } = config
    const X = abstract([1, channels, frames, height, width])
    const f = withAttention((p: Parameters, x: Tensor) => logitsOf(config, p, x), attention)
    const { nodes } = trace(f, abstractNetwork(config), X).graph
    const count = ({ primitive }: Applies): number =>
      nodes.filter(n => n.kind === 'operation' && n.primitive === primitive).length
    const fused = count(fusedAttention)
    return { fused, all: fused + count(softmax) }
  },
)
