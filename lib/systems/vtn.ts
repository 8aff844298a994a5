/** VTN (Neimark et al., 2021): a ViT on each frame, and attention within a window along time, with CSSA and FAM as switches. */
import { systemConfig } from './kinds'
import { func, record, strict, tensor } from '../tensor/given'
import { type DType, dtypeOf, fromArray, full, type Tensor } from '../tensor'
import { add, concat, gelu, layerNorm, matmul, slice, split } from '../primitives'
import { equation } from '../trace'
import { joinHeads, maskedAttention, mlp, patchEmbedding, patches, project } from '../paper'
import { aggregate } from '../paper/network'
import { type BlockParameters, type Make, makePatch, type Parameters } from '../paper/parameters'
import { encode, type EncoderConfig, type EncoderParameters, makeEncoder, mapsOf, type SystemForward } from './encoder'
import { classTokens, firstToken, withClassToken } from './tokens'

/** What makes a softmax forget a score, and is finite, since a GPU need not know infinity. */
const FORGOTTEN = -1e9
/** What is added to the scores of T frames, which see the class token and the frames of the window. */
const windowOf = (T: number, window: number, dtype: DType): Tensor<['T', '1+T']> => {
  const sees = (q: number, k: number): boolean => k === 0 || Math.abs(1 + q - k) <= window
  const mask = Array.from({ length: T * (1 + T) }, (_, i) => sees(Math.floor(i / (1 + T)), i % (1 + T)))
  return fromArray(
    mask.map(seen => (seen ? 0 : FORGOTTEN)),
    [T, 1 + T],
    dtype,
  )
}

/** Attention of T frames within a window, and to the class token before them; and of the class token to all, by queries, keys and
 *  values of its own:
 *  $$A_i = \frac{[Q_g K_g^T; Q K^T]}{\sqrt{d}}, \quad [map_g; map] = Softmax(A_i + \alpha_i A_{i-1} + mask)$$
 *  $$WindowAttention = [map_g V_g; map V]$$
 *  @param Q queries of the frames: N sequences, h heads, T frames, d channels of a head
 *  @param K keys of the class token and of the frames, for the frames' queries
 *  @param V their values
 *  @param Q_g the query of the class token
 *  @param K_g keys of all for that query
 *  @param V_g values of all for that query
 *  @param window how many frames a frame sees to either side
 *  @param alpha the ratio of A_prev in CSSA, any shape that broadcasts with the scores
 *  @param A_prev the scores of the block before, without its mask; the scalar 0 for none
 *  @returns O, the mixed values; A, the scores, the class token's in the first row; map, the attention
 *  Source: Neimark et al. (2021), Sec. 3.2; Beltagy et al. (2020), Sec. 3.1, "Linear Projections for Global Attention". */
export const windowAttention = equation(
  'Sliding-window attention, Neimark et al., Sec. 3.2',
  `Q[N, h, T, d], K[N, h, 1+T, d], V[N, h, 1+T, d], Q_g[N, h, 1, d], K_g[N, h, 1+T, d], V_g[N, h, 1+T, d],
   window, alpha[...], A_prev[N, h, 1+T, 1+T]?
   -> O[N, h, 1+T, d], A[N, h, 1+T, 1+T], map[N, h, 1+T, 1+T]`,
  (Q, K, V, Q_g, K_g, V_g, window, alpha, A_prev, { T }) => {
    const rows = (x: Tensor, from: number, n: number): Tensor =>
      x.shape.at(-2) === 1 + T ? slice(x, -2, from, from + n) : x
    const none = full(0, [], dtypeOf(Q))
    const cls = maskedAttention(Q_g, K_g, V_g, rows(alpha, 0, 1), rows(A_prev, 0, 1), none)
    const frames = maskedAttention(Q, K, V, rows(alpha, 1, T), rows(A_prev, 1, T), windowOf(T, window, dtypeOf(Q)))
    return { O: concat(2, cls.O, frames.O), A: concat(2, cls.A, frames.A), map: concat(2, cls.map, frames.map) }
  },
)

/** A block along time, whose layer norms stand behind its sums:
 *  $$V' = LN(V + MSA(V)), \quad V_i = LN(V' + MLP(V'))$$
 *  @param V N sequences of a class token and T frames, of C' channels
 *  @param window how many frames a frame sees to either side
 *  @param h heads, which divide C'
 *  @param alpha the ratio of A_prev
 *  @param A_prev the scores of the block before; the scalar 0 for none
 *  @param W weights as a transformer block has them, and the class token's own projections
 *  @returns V, the output; A, the scores
 *  Source: Beltagy et al. (2020), whose encoder VTN has along time. */
export const windowBlock = equation(
  'Sliding-window block, Neimark et al., Sec. 3.2',
  `V[N, 1+T, C'], window, h, alpha[...], A_prev[N, h, 1+T, 1+T]?,
   W{W_Q[C', h*d], b_Q[h*d], W_K[C', h*d], b_K[h*d], W_V[C', h*d], b_V[h*d], W_O[h*d, C'], b_O[C'],
     W_Qg[C', h*d], b_Qg[h*d], W_Kg[C', h*d], b_Kg[h*d], W_Vg[C', h*d], b_Vg[h*d],
     gain_1[C'], bias_1[C'], gain_2[C'], bias_2[C'], W_1[C', F], b_1[F], W_2[F, C'], b_2[C']}
   -> V[N, 1+T, C'], A[N, h, 1+T, 1+T]`,
  (V, window, h, alpha, A_prev, W, { T }) => {
    const [cls, frames] = split(V, 1, [1, T])
    const [Q, K, U] = [project(frames, W.W_Q, W.b_Q, h), project(V, W.W_K, W.b_K, h), project(V, W.W_V, W.b_V, h)]
    const [Q_g, K_g] = [project(cls, W.W_Qg, W.b_Qg, h), project(V, W.W_Kg, W.b_Kg, h)]
    const { O, A } = windowAttention(Q, K, U, Q_g, K_g, project(V, W.W_Vg, W.b_Vg, h), window, alpha, A_prev)
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

/** The weights of a block along time: a transformer block's, and the class token's own projections. */
export interface WindowParameters extends BlockParameters {
  readonly W_Qg: Tensor<["C'", 'h*d']>
  readonly b_Qg: Tensor<['h*d']>
  readonly W_Kg: Tensor<["C'", 'h*d']>
  readonly b_Kg: Tensor<['h*d']>
  readonly W_Vg: Tensor<["C'", 'h*d']>
  readonly b_Vg: Tensor<['h*d']>
}
/** The projections of the class token. */
const makeOwn = (make: Make, path: string, dim: number) => ({
  W_Qg: make(`${path}.W_Qg`, [dim, dim], 'random'),
  b_Qg: make(`${path}.b_Qg`, [dim], 'zero'),
  W_Kg: make(`${path}.W_Kg`, [dim, dim], 'random'),
  b_Kg: make(`${path}.b_Kg`, [dim], 'zero'),
  W_Vg: make(`${path}.W_Vg`, [dim, dim], 'random'),
  b_Vg: make(`${path}.b_Vg`, [dim], 'zero'),
})

/** What a VTN learns. */
export interface VtnParameters extends Pick<Parameters, 'patch' | 'V_cls'> {
  readonly P_s: Tensor<['1', '1+P', "C'"]>
  readonly space: EncoderParameters
  /** The ViT's last layer norm. */
  readonly norm: { readonly gain: Tensor<["C'"]>; readonly bias: Tensor<["C'"]> }
  readonly time: Omit<EncoderParameters, 'blocks'> & {
    readonly V_cls: Tensor<['1', '1', "C'"]>
    readonly P_t: Tensor<['1', '1+T', "C'"]>
    readonly blocks: readonly WindowParameters[]
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
    const along = makeEncoder(make, 'time', temporalBlocks, config)
    const norm = (path: string) => ({
      gain: make(`${path}.gain`, [dim], 'one'),
      bias: make(`${path}.bias`, [dim], 'zero'),
    })
    return {
      patch: makePatch(make, channels * patch * patch, dim),
      V_cls: make('V_cls', [1, 1, dim], 'random'),
      P_s: make('P_s', [1, 1 + patches(config), dim], 'random'),
      space: makeEncoder(make, 'space', blocks, config),
      norm: norm('norm'),
      time: {
        V_cls: make('time.V_cls', [1, 1, dim], 'random'),
        P_t: make('time.P_t', [1, 1 + frames, dim], 'random'),
        ...along,
        blocks: along.blocks.map((W, i) => ({ ...W, ...makeOwn(make, `time.blocks.${i}`, dim) })),
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
