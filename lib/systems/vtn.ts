/** VTN (Neimark et al., 2021): a ViT on each frame, and attention within a window along time, with CSSA and FAM as switches. */
import { systemConfig } from './kinds'
import { func, record, strict, tensor } from '../tensor/given'
import { dtypeOf, fromArray, full, type Tensor } from '../tensor'
import { add, gelu, layerNorm, matmul, mul, softmax } from '../primitives'
import { equation } from '../trace'
import { joinHeads, mlp, patchEmbedding, patches, project, scores } from '../paper'
import { aggregate } from '../paper/network'
import type { Make, Parameters } from '../paper/parameters'
import { encode, type EncoderConfig, type EncoderParameters, makeEncoder, mapsOf, type SystemForward } from './encoder'
import { classTokens, firstToken, withClassToken } from './tokens'

/** What makes a softmax forget a score. */
const FORGOTTEN = -1e9

/** Attention within a window, but from and to the first token, which sees all and is seen by all:
 *  $$WindowAttention(Q, K, V) = Softmax(A_i + \alpha_i A_{i-1} + mask) V$$
 *  @param Q queries: N sequences, h heads, S tokens, d channels of a head
 *  @param K keys
 *  @param V values
 *  @param window how many tokens a token sees to either side
 *  @param alpha the ratio of A_prev in CSSA, any shape that broadcasts with the scores
 *  @param A_prev the scores of the block before, without its mask; the scalar 0 for none
 *  @returns O, the mixed values; A, the scores; map, the attention
 *  Source: Neimark et al. (2021), Sec. 3.2; Beltagy et al. (2020), Sec. 3. */
export const windowAttention = equation(
  'Sliding-window attention, Neimark et al., Sec. 3.2',
  `Q[N, h, S, d], K[N, h, S, d], V[N, h, S, d], window, alpha[...], A_prev[N, h, S, S]?
   -> O[N, h, S, d], A[N, h, S, S], map[N, h, S, S]`,
  (Q, K, V, window, alpha, A_prev, { S }) => {
    const sees = (q: number, k: number): boolean => q === 0 || k === 0 || Math.abs(q - k) <= window
    const mask = Array.from({ length: S * S }, (_, i) => (sees(Math.floor(i / S), i % S) ? 0 : FORGOTTEN))
    const A = scores(Q, K)
    const fused: typeof A = A_prev.shape.length === 0 ? A : add(A, mul(alpha, A_prev))
    const map: typeof A = softmax(add(fused, fromArray(mask, [S, S], dtypeOf(Q))))
    return { O: matmul(map, V), A, map }
  },
)

/** A block along time, whose layer norms stand behind its sums:
 *  $$V' = LN(V + MSA(V)), \quad V_i = LN(V' + MLP(V'))$$
 *  @param V N sequences of S tokens of C' channels, the first of which is the class token
 *  @param window how many tokens a token sees to either side
 *  @param h heads, which divide C'
 *  @param alpha the ratio of A_prev
 *  @param A_prev the scores of the block before; the scalar 0 for none
 *  @param W weights as a transformer block has them
 *  @returns V, the output; A, the scores
 *  Source: Beltagy et al. (2020), whose encoder VTN has along time. */
export const windowBlock = equation(
  'Sliding-window block, Neimark et al., Sec. 3.2',
  `V[N, S, C'], window, h, alpha[...], A_prev[N, h, S, S]?,
   W{gain_1[C'], bias_1[C'],
     W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C'],
     gain_2[C'], bias_2[C'], W_1[C', F], b_1[F], W_2[F, C'], b_2[C']}
   -> V[N, S, C'], A[N, h, S, S]`,
  (V, window, h, alpha, A_prev, W) => {
    const [Q, K, U] = [project(V, W.W_Q, W.b_Q, h), project(V, W.W_K, W.b_K, h), project(V, W.W_V, W.b_V, h)]
    const { O, A } = windowAttention(Q, K, U, window, alpha, A_prev)
    const V_mid = layerNorm(add(V, joinHeads(O, W.W_O, W.b_O)), W.gain_1, W.bias_1)
    return { V: layerNorm(add(V_mid, mlp(V_mid, W)), W.gain_2, W.bias_2), A }
  },
)

/** The head: a layer norm, a linear layer, GELU, and a linear layer to K classes.
 *  @param y one vector of C' channels for each of B clips
 *  Source: Neimark et al. (2021), Sec. 3.3. */
export const deepHead = equation(
  'MLP head with a hidden layer, Neimark et al., Sec. 3.3',
  "y[B, C'], W{gain[C'], bias[C'], W_1[C', F], b_1[F], W[F, K], b[K]} -> logits[B, K]",
  (y, { gain, bias, W_1, b_1, W, b }) => add(matmul(gelu(add(matmul(layerNorm(y, gain, bias), W_1), b_1)), W), b),
)

/** Sizes and switches of a VTN. */
export interface VtnConfig extends EncoderConfig {
  readonly channels: number
  readonly frames: number
  readonly height: number
  readonly width: number
  readonly patch: number
  /** Blocks of the ViT. */
  readonly blocks: number
  /** Blocks along time. */
  readonly temporalBlocks: number
  /** How many frames a frame sees to either side. */
  readonly window: number
  readonly classes: number
}

/** What a VTN learns. */
export interface VtnParameters extends Pick<Parameters, 'patch' | 'V_cls'> {
  readonly P_s: Tensor<['1', '1+P', "C'"]>
  readonly space: EncoderParameters
  /** The ViT's last layer norm. */
  readonly norm: { readonly gain: Tensor<["C'"]>; readonly bias: Tensor<["C'"]> }
  readonly time: EncoderParameters & {
    readonly V_cls: Tensor<['1', '1', "C'"]>
    readonly P_t: Tensor<['1', '1+T', "C'"]>
  }
  readonly head: {
    readonly gain: Tensor<["C'"]>
    readonly bias: Tensor<["C'"]>
    readonly W_1: Tensor<["C'", 'F']>
    readonly b_1: Tensor<['F']>
    readonly W: Tensor<['F', 'K']>
    readonly b: Tensor<['K']>
  }
}

/** The parameters of a VTN; with CSSA (α = 0) and FAM (gains of 0) it starts as the original. */
export const vtnParameters = strict(
  'vtnParameters',
  { config: systemConfig, make: func },
  (config: VtnConfig, make: Make): VtnParameters => {
    const { channels, frames, patch, dim, blocks, temporalBlocks, classes } = config
    const norm = (path: string) => ({
      gain: make(`${path}.gain`, [dim], 'one'),
      bias: make(`${path}.bias`, [dim], 'zero'),
    })
    return {
      patch: { W: make('patch.W', [channels * patch * patch, dim], 'random'), b: make('patch.b', [dim], 'zero') },
      V_cls: make('V_cls', [1, 1, dim], 'random'),
      P_s: make('P_s', [1, 1 + patches(config), dim], 'random'),
      space: makeEncoder(make, 'space', blocks, config),
      norm: norm('norm'),
      time: {
        V_cls: make('time.V_cls', [1, 1, dim], 'random'),
        P_t: make('time.P_t', [1, 1 + frames, dim], 'random'),
        ...makeEncoder(make, 'time', temporalBlocks, config),
      },
      head: {
        ...norm('head'),
        W_1: make('head.W_1', [dim, dim], 'random'),
        b_1: make('head.b_1', [dim], 'zero'),
        W: make('head.W', [dim, classes], 'random'),
        b: make('head.b', [classes], 'zero'),
      },
    }
  },
)

/** Clips to logits, with the attention on the way.
 *  @param X B clips of C channels, T frames, H × W pixels */
export const vtnForward = strict(
  'vtnForward',
  { config: systemConfig, p: record, X: tensor },
  (config: VtnConfig, p: VtnParameters, X: Tensor): SystemForward => {
    const { frames: T, patch, heads: h, window } = config
    // A frame is a clip of its own to the ViT: patches come frame by frame.
    const V: Tensor = patchEmbedding(X, patch, p.patch)
    const inSpace = encode(withClassToken(p.V_cls as Tensor, V, p.P_s as Tensor), p.space, h)
    const frameTokens: Tensor = layerNorm(classTokens(inSpace.Y, T), p.norm.gain, p.norm.bias)
    const none = full(0, [], dtypeOf(X))
    let made: { V: Tensor; A: Tensor } = {
      V: withClassToken(p.time.V_cls as Tensor, frameTokens, p.time.P_t as Tensor),
      A: none,
    }
    const outputs = p.time.blocks.map(W => {
      made = windowBlock(made.V, window, h, W.alpha ?? none, W.alpha ? made.A : none, W)
      return made.V
    })
    const logits = deepHead(firstToken(aggregate(outputs, p.time.FAM) ?? made.V), p.head)
    return { logits, maps: mapsOf(inSpace.blocks) }
  },
)

/** Clips to logits. See `vtnForward`. */
export const vtn = strict(
  'vtn',
  (config: VtnConfig, p: VtnParameters, X: Tensor): Tensor<['B', 'K']> => vtnForward(config, p, X).logits,
)
