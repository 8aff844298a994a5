/** ViViT (Arnab et al., 2021): joint space-time attention over tubelets (model 1), and an encoder for each time followed by one
 *  along time (model 2), with CSSA and FAM as switches. */
import { systemConfig } from './kinds'
import { func, record, strict, tensor } from '../tensor/given'
import { type Tensor } from '../tensor'
import { rearrange } from '../primitives'
import { head, patches } from '../paper'
import { type Make, makeHead, makePatch, type Parameters } from '../paper/parameters'
import { encode, type EncoderConfig, type EncoderParameters, makeEncoder, mapsOf, type SystemForward } from './encoder'
import { classTokens, firstToken, tubeletEmbedding, withClassToken } from './tokens'

/** Sizes and switches of a ViViT. */
export interface ViViTConfig extends EncoderConfig {
  /** 1: all tubelets attend to all; 2: those of one time to one another, then the times. */
  readonly model: 1 | 2
  readonly channels: number
  readonly frames: number
  /** Frames of a tubelet; divides `frames`. */
  readonly tubelet: number
  readonly height: number
  readonly width: number
  readonly patch: number
  readonly blocks: number
  /** Blocks along time, in model 2. */
  readonly temporalBlocks: number
  readonly classes: number
}

/** What a ViViT learns. */
export interface ViViTParameters extends Pick<Parameters, 'patch' | 'V_cls' | 'head'> {
  /** The positions of the class token and of all tubelets, or, in model 2, of those of one time. */
  readonly P_s: Tensor<['1', '1+P', "C'"]>
  readonly space: EncoderParameters
  /** Model 2's encoder along time, its class token, and its positions. */
  readonly time?: EncoderParameters & {
    readonly V_cls: Tensor<['1', '1', "C'"]>
    readonly P_t: Tensor<['1', '1+T', "C'"]>
  }
}

/** The parameters of a ViViT; with CSSA (α = 0) and FAM (gains of 0) it starts as the original. */
export const viViTParameters = strict(
  'viViTParameters',
  { config: systemConfig, make: func },
  (config: ViViTConfig, make: Make): ViViTParameters => {
    const { model, channels, frames, tubelet, patch, dim, blocks, temporalBlocks, classes } = config
    const [T, P] = [frames / tubelet, patches(config)]
    return {
      patch: makePatch(make, channels * tubelet * patch * patch, dim),
      V_cls: make('V_cls', [1, 1, dim], 'random'),
      P_s: make('P_s', [1, 1 + (model === 1 ? T * P : P), dim], 'random'),
      space: makeEncoder(make, 'space', blocks, config),
      ...(model === 1
        ? {}
        : {
            time: {
              V_cls: make('time.V_cls', [1, 1, dim], 'random'),
              P_t: make('time.P_t', [1, 1 + T, dim], 'random'),
              ...makeEncoder(make, 'time', temporalBlocks, config),
            },
          }),
      head: makeHead(make, dim, classes),
    }
  },
)

/** Clips to logits, with the attention on the way.
 *  @param X B clips of C channels, frames, H × W pixels */
export const viViTForward = strict(
  'viViTForward',
  { config: systemConfig, p: record, X: tensor },
  (config: ViViTConfig, p: ViViTParameters, X: Tensor): SystemForward => {
    const { frames, tubelet, patch, heads: h } = config
    const V: Tensor = tubeletEmbedding(X, tubelet, patch, p.patch)
    const T = frames / tubelet
    if (!p.time) {
      const tokens: Tensor = rearrange("[B*T, P, C'] -> [B, T*P, C']", V, { T })
      const { blocks, Y } = encode(withClassToken(p.V_cls as Tensor, tokens, p.P_s as Tensor), p.space, h)
      return { logits: head(firstToken(Y), p.head), maps: mapsOf(blocks) }
    }
    const inSpace = encode(withClassToken(p.V_cls as Tensor, V, p.P_s as Tensor), p.space, h)
    const frameTokens: Tensor = classTokens(inSpace.Y, T)
    const { V_cls, P_t } = p.time
    const { Y } = encode(withClassToken(V_cls as Tensor, frameTokens, P_t as Tensor), p.time, h)
    return { logits: head(firstToken(Y), p.head), maps: mapsOf(inSpace.blocks) }
  },
)

/** Clips to logits. See `viViTForward`. */
export const viViT = strict(
  'viViT',
  (config: ViViTConfig, p: ViViTParameters, X: Tensor): Tensor<['B', 'K']> => viViTForward(config, p, X).logits,
)
