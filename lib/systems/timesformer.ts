/** TimeSformer (Bertasius et al., 2021): space-only, joint and divided space-time attention, with CSSA and FAM as switches. */
import { systemConfig } from './kinds'
import { func, record, strict, tensor } from '../tensor/given'
import { dtypeOf, full, type Tensor } from '../tensor'
import { add, concat, layerNorm, matmul, mean, rearrange, softmax, split } from '../primitives'
import { equation } from '../trace'
import {
  classToken,
  crossMultiHead,
  crossStageMap,
  head,
  mlp,
  patchEmbedding,
  patches,
  positionEncoding,
  toSpace,
  toTime,
} from '../paper'
import { aggregate } from '../paper/network'
import {
  type AttentionParameters,
  list,
  type Make,
  makeAttention,
  makeHead,
  makePatch,
  type Parameters,
} from '../paper/parameters'
import { encode, type EncoderConfig, type EncoderParameters, makeEncoder, mapsOf, type SystemForward } from './encoder'
import { firstToken, joinFrames, meanOfFrames } from './tokens'

/** A block of divided attention: each patch attends to its own position in all frames, then to all patches of its frame, the
 *  class token with them; what the class token takes from each frame is averaged.
 *  $$U = V + LN(V) \rightarrow MSA_{time} \rightarrow W^D, \quad V' = U + MSA_{space}(LN(U)), \quad V_i = V' + MLP(LN(V'))$$
 *  @param V P patches in each of T frames of B clips, position by position, behind one class token
 *  @param T frames
 *  @param h heads, which divide C'
 *  @param A_time the scores along time of the block before; the scalar 0 for none
 *  @param A_space its scores in space
 *  @param alpha_time the ratio of A_time in CSSA, any shape that broadcasts
 *  @param alpha_space the ratio of A_space
 *  @param time the weights along time: gain and bias of the layer norm, attention, the linear layer behind it
 *  @param space the weights of a block, of which attention is in space
 *  @returns V, the output; A_time, the scores along time; A_space, those in space
 *  Source: Bertasius et al. (2021), Sec. 3, Eqs. (10), (11). */
export const dividedBlock = equation(
  'Divided space-time block, Bertasius et al., Sec. 3',
  `V[B, 1+P*T, C'], T, h, A_time[N', h, T', T']?, A_space[M', h, S', S']?, alpha_time[...time], alpha_space[...space],
   time{gain[C'], bias[C'], W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C'],
     W_D[C', C'], b_D[C']},
   space{gain_1[C'], bias_1[C'],
     W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C'],
     gain_2[C'], bias_2[C'], W_1[C', F], b_1[F], W_2[F, C'], b_2[C']}
   -> V[B, 1+P*T, C'], A_time[B*P, h, T, T], A_space[B*T, h, 1+P, 1+P]`,
  (V, T, h, A_time, A_space, alpha_time, alpha_space, time, space, { P }) => {
    const [V_cls, patches] = split(V, 1, [1, P * T])
    const V_P = rearrange("[B, P*T, C'] -> [B*P, T, C']", patches, { T })
    const X = layerNorm(V_P, time.gain, time.bias)
    const along = crossMultiHead(X, X, X, alpha_time, A_time, h, time)
    const U = add(add(matmul(along.O, time.W_D), time.b_D), V_P)

    const frames = concat(1, rearrange("[B, 1, C'] -> [B*T, 1, C']", V_cls, { T }), toSpace(U, P))
    const Z = layerNorm(frames, space.gain_1, space.bias_1)
    const inSpace = crossMultiHead(Z, Z, Z, alpha_space, A_space, h, space)
    const [O_cls, O_P] = split(inSpace.O, 1, [1, P])
    const mid_cls = add(mean(rearrange("[B*T, 1, C'] -> [B, T, C']", O_cls, { T }), [1]), V_cls)
    const mid_P = add(toTime(O_P, T), U)
    const V_mid = concat(1, mid_cls, rearrange("[B*P, T, C'] -> [B, P*T, C']", mid_P, { P }))
    const V_i = add(mlp(layerNorm(V_mid, space.gain_2, space.bias_2), space), V_mid)
    return { V: V_i, A_time: along.A, A_space: inSpace.A }
  },
)

/** Sizes and switches of a TimeSformer. */
export interface TimeSformerConfig extends EncoderConfig {
  readonly attention: 'divided' | 'joint' | 'space'
  readonly channels: number
  readonly frames: number
  readonly height: number
  readonly width: number
  readonly patch: number
  readonly blocks: number
  readonly classes: number
}

/** What attends along time in a divided block, with its layer norm and the linear layer behind it. */
export interface TimeParameters extends AttentionParameters {
  readonly alpha?: Tensor<[]>
  readonly gain: Tensor<["C'"]>
  readonly bias: Tensor<["C'"]>
  readonly W_D: Tensor<["C'", "C'"]>
  readonly b_D: Tensor<["C'"]>
}

/** What a TimeSformer learns. */
export interface TimeSformerParameters extends Pick<Parameters, 'patch' | 'V_cls' | 'head'> {
  readonly P_s: Tensor<['1', '1+P', "C'"]>
  readonly P_t?: Tensor<['T', '1', "C'"]>
  readonly space: EncoderParameters
  readonly time?: readonly TimeParameters[]
}

const makeTime = (make: Make, path: string, dim: number, crosses: boolean): TimeParameters => ({
  ...(crosses ? { alpha: make(`${path}.alpha`, [], 'alpha') } : {}),
  gain: make(`${path}.gain`, [dim], 'one'),
  bias: make(`${path}.bias`, [dim], 'zero'),
  ...makeAttention(make, path, dim),
  W_D: make(`${path}.W_D`, [dim, dim], 'random'),
  b_D: make(`${path}.b_D`, [dim], 'zero'),
})

/** The parameters of a TimeSformer; with CSSA (α = 0) and FAM (gains of 0) it starts as the original. */
export const timeSformerParameters = strict(
  'timeSformerParameters',
  { config: systemConfig, make: func },
  (config: TimeSformerConfig, make: Make): TimeSformerParameters => {
    const { attention, channels, frames, patch, dim, blocks, classes, cssa } = config
    return {
      patch: makePatch(make, channels * patch * patch, dim),
      V_cls: make('V_cls', [1, 1, dim], 'random'),
      P_s: make('P_s', [1, 1 + patches(config), dim], 'random'),
      ...(attention === 'space' ? {} : { P_t: make('P_t', [frames, 1, dim], 'random') }),
      space: makeEncoder(make, 'space', blocks, config),
      ...(attention === 'divided' ? { time: list(blocks, i => makeTime(make, `time.${i}`, dim, cssa && i > 0)) } : {}),
      head: makeHead(make, dim, classes),
    }
  },
)

/** Clips to logits, with the attention on the way.
 *  @param X B clips of C channels, T frames, H × W pixels */
export const timeSformerForward = strict(
  'timeSformerForward',
  { config: systemConfig, p: record, X: tensor },
  (config: TimeSformerConfig, p: TimeSformerParameters, X: Tensor): SystemForward => {
    const { frames: T, heads: h, patch, dim, attention } = config
    const B = X.shape[0]!
    const none = full(0, [], dtypeOf(X))
    const V: Tensor = patchEmbedding(X, patch, p.patch)
    const P_t = p.P_t ?? full(0, [T, 1, dim], dtypeOf(X))
    const V_0: Tensor = positionEncoding(classToken(p.V_cls as Tensor, B, T), V, p.P_s as Tensor, P_t)
    if (attention === 'space') {
      const { blocks, Y } = encode(V_0, p.space, h)
      return { logits: head(meanOfFrames(Y, T), p.head), maps: mapsOf(blocks) }
    }
    const tokens = joinFrames(V_0, T)
    if (!p.time) {
      const { blocks, Y } = encode(tokens, p.space, h)
      return { logits: head(firstToken(Y), p.head), maps: mapsOf(blocks) }
    }
    let made: { V: Tensor; A_time: Tensor; A_space: Tensor } = { V: tokens, A_time: none, A_space: none }
    const maps: (() => Tensor)[] = []
    const outputs = p.space.blocks.map((space, i) => {
      const time = p.time![i]!
      const { V: V_i, A_time, A_space } = made
      const cross = (A: Tensor, alpha: Tensor | undefined): Tensor => (alpha ? A : none)
      made = dividedBlock(
      V_i, T, h, cross(A_time, time.alpha), cross(A_space, space.alpha), time.alpha ?? none, space.alpha ?? none, time, space,
    ) // prettier-ignore
      const { A_space: A } = made
      maps.push(() => (space.alpha ? crossStageMap(A, space.alpha, A_space).CrossA : softmax(A)))
      return made.V
    })
    return { logits: head(firstToken(aggregate(outputs, p.space.FAM)!), p.head), maps }
  },
)

/** Clips to logits. See `timeSformerForward`. */
export const timeSformer = strict(
  'timeSformer',
  (config: TimeSformerConfig, p: TimeSformerParameters, X: Tensor): Tensor<['B', 'K']> =>
    timeSformerForward(config, p, X).logits,
)
