/** Every equation once more, number by number: sums over indices in plain JavaScript, as its formula reads. They share nothing with the
 *  equations, and the laws give every argument numbers of its own, so that one taken for another shows. */
import { fromArray, type Shape, type Tensor } from '../../lib/tensor'
import type { EquationName } from './equations'
import { indices } from './values'

/** A tensor, from its numbers at every index. */
export const made = (shape: Shape, at: (...index: number[]) => number): Tensor =>
  fromArray(
    indices(shape).map(index => at(...index)),
    shape,
    'float64',
  )
const sum = (n: number, term: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => term(i)).reduce((a, b) => a + b, 0)
/** The sizes of a tensor, without the check that there are so many. */
const sizes = ({ shape }: Tensor): number[] => [...shape]
/** A number of a tensor that broadcasts against one with this index. */
export const broadcasted = (x: Tensor, index: readonly number[]): number =>
  x.get(...x.shape.map((n, i) => (n === 1 ? 0 : index[index.length - x.shape.length + i]!)))

type Weights = Readonly<Record<string, Tensor>>
/** The last axis of X times a matrix. */
const product = (X: Tensor, W: Tensor, b: Tensor): Tensor =>
  made([...X.shape.slice(0, -1), W.shape[1]!], (...index) => {
    const [j, before] = [index.at(-1)!, index.slice(0, -1)]
    return b.get(j) + sum(W.shape[0]!, k => X.get(...before, k) * W.get(k, j))
  })
const plus = (X: Tensor, Y: Tensor): Tensor => made(X.shape, (...index) => X.get(...index) + Y.get(...index))
const normed = (X: Tensor, gain: Tensor, bias: Tensor): Tensor =>
  made(X.shape, (...index) => {
    const [c, before, n] = [index.at(-1)!, index.slice(0, -1), X.shape.at(-1)!]
    const mean = sum(n, k => X.get(...before, k)) / n
    const variance = sum(n, k => (X.get(...before, k) - mean) ** 2) / n
    return ((X.get(...index) - mean) / Math.sqrt(variance + 1e-6)) * gain.get(c) + bias.get(c)
  })
const softmaxed = (X: Tensor): Tensor =>
  made(X.shape, (...index) => {
    const before = index.slice(0, -1)
    return 1 / sum(X.shape.at(-1)!, k => Math.exp(X.get(...before, k) - X.get(...index)))
  })
/** 2/√π times the integral of exp(−t²) from 0 to x, by Simpson's rule. */
export const erf = (x: number): number => {
  const n = 2000
  const simpson = sum(n + 1, i => (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-(((x * i) / n) ** 2)))
  return ((simpson * x) / (3 * n)) * (2 / Math.sqrt(Math.PI))
}
/** x·Φ(x). */
const gelued = (X: Tensor): Tensor =>
  made(X.shape, (...index) => {
    const x = X.get(...index)
    return (x * (1 + erf(x / Math.SQRT2))) / 2
  })

// ---- attention -------------------------------------------------------------------------------------------------------

const scores = (Q: Tensor, K: Tensor): Tensor => {
  const [N, h, S, d] = sizes(Q) as [number, number, number, number]
  return made([N, h, S, K.shape[2]!], (n, i, q, k) => sum(d, c => Q.get(n, i, q, c) * K.get(n, i, k, c)) / Math.sqrt(d))
}
const mixed = (map: Tensor, V: Tensor): Tensor =>
  made([...map.shape.slice(0, 3), V.shape[3]!], (n, i, q, c) =>
    sum(V.shape[2]!, k => map.get(n, i, q, k) * V.get(n, i, k, c)),
  )
const fusedOf = (A: Tensor, alpha: Tensor, A_prev: Tensor): Tensor =>
  made(A.shape, (...index) => A.get(...index) + broadcasted(alpha, index) * A_prev.get(...index))
/** Scores of keys, which need not be as many as the queries, with what is added to them. */
const masked = (Q: Tensor, K: Tensor, V: Tensor, alpha: Tensor, A_prev: Tensor, mask: Tensor) => {
  const A = scores(Q, K)
  const fused = A_prev.shape.length === 0 ? A : fusedOf(A, alpha, A_prev)
  const map = softmaxed(made(A.shape, (...index) => fused.get(...index) + broadcasted(mask, index)))
  return { O: mixed(map, V), A, map }
}
const projected = (X: Tensor, W: Tensor, b: Tensor, h: number): Tensor => {
  const [N, S] = sizes(X) as [number, number]
  const [d, all] = [W.shape[1]! / h, product(X, W, b)]
  return made([N, h, S, d], (n, i, s, c) => all.get(n, s, i * d + c))
}
const joined = (O: Tensor, W_O: Tensor, b_O: Tensor): Tensor => {
  const [N, h, S, d] = sizes(O) as [number, number, number, number]
  return made([N, S, W_O.shape[1]!], (n, s, c) => b_O.get(c) + sum(h, i => sum(d, k => O.get(n, i, s, k) * W_O.get(i * d + k, c)))) // prettier-ignore
}
/** Scores cross where they are of as many tokens. */
const crossed = (Q: Tensor, K: Tensor, V: Tensor, alpha: Tensor, A_prev: Tensor) => {
  const A = scores(Q, K)
  const fused = A_prev.shape[2] === Q.shape[2] ? fusedOf(A, alpha, A_prev) : A
  const map = softmaxed(fused)
  return { O: mixed(map, V), A, map, fused }
}
const heads = (Q: Tensor, K: Tensor, V: Tensor, h: number, W: Weights) =>
  [projected(Q, W['W_Q']!, W['b_Q']!, h), projected(K, W['W_K']!, W['b_K']!, h), projected(V, W['W_V']!, W['b_V']!, h)] as const // prettier-ignore
const crossMultiHead = (Q: Tensor, K: Tensor, V: Tensor, alpha: Tensor, A_prev: Tensor, h: number, W: Weights) => {
  const { O, ...rest } = crossed(...heads(Q, K, V, h, W), alpha, A_prev)
  return { O: joined(O, W['W_O']!, W['b_O']!), ...rest }
}
const mlp = (X: Tensor, W: Weights): Tensor => product(gelued(product(X, W['W_1']!, W['b_1']!)), W['W_2']!, W['b_2']!)
/** The first row is the class token's, of queries, keys and values of its own. */
const windowed = (
  Q: Tensor, K: Tensor, V: Tensor, Q_g: Tensor, K_g: Tensor, V_g: Tensor, window: number, alpha: Tensor, A_prev: Tensor,
) => {
  const [N, h, T, d] = sizes(Q) as [number, number, number, number]
  const own = scores(Q_g, K_g)
  const local = scores(Q, K)
  const A = made([N, h, 1 + T, 1 + T], (n, i, q, k) => (q === 0 ? own.get(n, i, 0, k) : local.get(n, i, q - 1, k)))
  const fused = A_prev.shape.length === 0 ? A : fusedOf(A, alpha, A_prev)
  const sees = (q: number, k: number): boolean => q === 0 || k === 0 || (q - window <= k && k <= q + window)
  const map = softmaxed(made(A.shape, (n, i, q, k) => (sees(q, k) ? fused.get(n, i, q, k) : -1e9)))
  const O = made([N, h, 1 + T, d], (n, i, q, c) =>
    sum(1 + T, k => map.get(n, i, q, k) * (q === 0 ? V_g : V).get(n, i, k, c)),
  )
  return { O, A, map }
} // prettier-ignore

// ---- tokens ----------------------------------------------------------------------------------------------------------

/** Patches of F frames × M × M pixels, in the order (C, F, M, M). */
const tubelets = (X: Tensor, F: number, M: number, { W, b }: Weights): Tensor => {
  const [B, C, T, H, side] = sizes(X) as [number, number, number, number, number]
  const [times, I, J] = [T / F, H / M, side / M]
  const flat = made([B * times, I * J, C * F * M * M], (bt, p, k) => {
    const [t, i, j] = [bt % times, Math.floor(p / J), p % J]
    const [c, f, y, x] = [Math.floor(k / (F * M * M)), Math.floor(k / (M * M)) % F, Math.floor(k / M) % M, k % M]
    return X.get(Math.floor(bt / times), c, t * F + f, i * M + y, j * M + x)
  })
  return product(flat, W!, b!)
}
/** Sequences of frames become sequences of positions, or the other way about. */
const regrouped = (V: Tensor, n: number): Tensor => {
  const [all, m, C] = sizes(V) as [number, number, number]
  return made([(all / n) * m, n, C], (at, i, c) => V.get(Math.floor(at / m) * n + i, at % m, c))
}
/** The mean over the first so many positions of each clip, and over its frames. */
const pooled = (Y: Tensor, B: number, positions: number): Tensor => {
  const [all, T, C] = sizes(Y) as [number, number, number]
  return made([B, C], (b, c) => sum(positions, p => sum(T, t => Y.get((b * all) / B + p, t, c))) / (positions * T))
}
const featureTerm = (V: Tensor, { beta, gain, bias }: Weights): Tensor =>
  normed(made(V.shape, (...index) => V.get(...index) * broadcasted(beta!, index)), gain!, bias!) // prettier-ignore
/** A block of divided attention: V holds the class token, and then position by position its frames. */
const divided = (
  V: Tensor, T: number, h: number, A_time: Tensor, A_space: Tensor, alpha_time: Tensor, alpha_space: Tensor, time: Weights, space: Weights,
) => {
  const [B, tokens, C] = sizes(V) as [number, number, number]
  const P = (tokens - 1) / T
  const V_P = made([B * P, T, C], (bp, t, c) => V.get(Math.floor(bp / P), 1 + (bp % P) * T + t, c))
  const X = normed(V_P, time['gain']!, time['bias']!)
  const along = crossMultiHead(X, X, X, alpha_time, A_time, h, time)
  const U = plus(product(along.O, time['W_D']!, time['b_D']!), V_P)
  const inFrames = made([B * T, 1 + P, C], (bt, p, c) => {
    const [b, t] = [Math.floor(bt / T), bt % T]
    return p === 0 ? V.get(b, 0, c) : U.get(b * P + p - 1, t, c)
  })
  const Z = normed(inFrames, space['gain_1']!, space['bias_1']!)
  const inSpace = crossMultiHead(Z, Z, Z, alpha_space, A_space, h, space)
  const mid = made([B, tokens, C], (b, s, c) => {
    if (s === 0) return V.get(b, 0, c) + sum(T, t => inSpace.O.get(b * T + t, 0, c)) / T
    const [p, t] = [Math.floor((s - 1) / T), (s - 1) % T]
    return U.get(b * P + p, t, c) + inSpace.O.get(b * T + t, 1 + p, c)
  })
  const V_i = plus(mlp(normed(mid, space['gain_2']!, space['bias_2']!), space), mid)
  return { V: V_i, A_time: along.A, A_space: inSpace.A }
} // prettier-ignore

/** What each equation is, of its arguments. */
export const byHand = {
  patchEmbedding: (X: Tensor, M: number, W: Weights) => tubelets(X, 1, M, W),
  classToken: (V_cls: Tensor, B: number, T: number) =>
    made([B * T, 1, V_cls.shape[2]!], (_, __, c) => V_cls.get(0, 0, c)),
  positionEncoding: (V_cls: Tensor, V: Tensor, P_s: Tensor, P_t: Tensor) => {
    const [frames, P, C] = sizes(V) as [number, number, number]
    const T = P_t.shape[0]!
    return made([frames, 1 + P, C], (f, s, c) =>
      s === 0 ? V_cls.get(f, 0, c) + P_s.get(0, 0, c) : V.get(f, s - 1, c) + P_s.get(0, s, c) + P_t.get(f % T, 0, c),
    )
  },
  block: (V: Tensor, A_prev: Tensor, alpha: Tensor, h: number, W: Weights) => {
    const X = normed(V, W['gain_1']!, W['bias_1']!)
    const { O, ...rest } = crossMultiHead(X, X, X, alpha, A_prev, h, W)
    const V_mid = plus(V, O)
    return { V: plus(V_mid, mlp(normed(V_mid, W['gain_2']!, W['bias_2']!), W)), V_mid, ...rest }
  },
  mlp,
  toTime: regrouped,
  toSpace: regrouped,
  featureAggregation: (V: readonly Tensor[], V_L: Tensor, W: readonly Weights[]) =>
    V.map((V_i, i) => featureTerm(V_i, W[i]!)).reduce(plus, V_L),
  featureTerm,
  classPool: (Y: Tensor, B: number) => pooled(Y, B, 1),
  meanPool: (Y: Tensor, B: number) => pooled(Y, B, Y.shape[0]! / B),
  head: (y: Tensor, { gain, bias, W, b }: Weights) => product(normed(y, gain!, bias!), W!, b!),
  crossStageMap: (A: Tensor, alpha: Tensor, A_prev: Tensor) => {
    const fused = fusedOf(A, alpha, A_prev)
    return { CrossA: softmaxed(fused), fused }
  },
  multiHead: (Q: Tensor, K: Tensor, V: Tensor, h: number, W: Weights) => {
    const [q, k, v] = heads(Q, K, V, h, W)
    const A = scores(q, k)
    const map = softmaxed(A)
    return { O: joined(mixed(map, v), W['W_O']!, W['b_O']!), A, map }
  },
  attention: (Q: Tensor, K: Tensor, V: Tensor) => {
    const A = scores(Q, K)
    const map = softmaxed(A)
    return { O: mixed(map, V), A, map }
  },
  crossMultiHead,
  crossAttention: crossed,
  wideHeadAttention: (Q: Tensor, K: Tensor, V: Tensor, alpha: Tensor, Q_prev: Tensor, K_prev: Tensor) => {
    const fused = fusedOf(scores(Q, K), alpha, scores(Q_prev, K_prev))
    const map = softmaxed(fused)
    return { O: mixed(map, V), map, fused }
  },
  maskedAttention: masked,
  maskedMultiHead: (X: Tensor, Y: Tensor, alpha: Tensor, A_prev: Tensor, mask: Tensor, h: number, W: Weights) => {
    const { O, ...rest } = masked(...heads(X, Y, Y, h, W), alpha, A_prev, mask)
    return { O: joined(O, W['W_O']!, W['b_O']!), ...rest }
  },
  maskedBlock: (V: Tensor, A_prev: Tensor, alpha: Tensor, mask: Tensor, h: number, W: Weights) => {
    const X = normed(V, W['gain_1']!, W['bias_1']!)
    const { O, ...rest } = masked(...heads(X, X, X, h, W), alpha, A_prev, mask)
    const V_mid = plus(V, joined(O, W['W_O']!, W['b_O']!))
    return { V: plus(V_mid, mlp(normed(V_mid, W['gain_2']!, W['bias_2']!), W)), V_mid, ...rest }
  },
  scores,
  project: projected,
  joinHeads: joined,
  joinFrames: (V_0: Tensor, T: number) => {
    const [frames, S, C] = sizes(V_0) as [number, number, number]
    return made([frames / T, 1 + (S - 1) * T, C], (b, s, c) =>
      s === 0 ? V_0.get(b * T, 0, c) : V_0.get(b * T + ((s - 1) % T), 1 + Math.floor((s - 1) / T), c),
    )
  },
  dividedBlock: divided,
  meanOfFrames: (V: Tensor, T: number) =>
    made([V.shape[0]! / T, V.shape[2]!], (b, c) => sum(T, t => V.get(b * T + t, 0, c)) / T),
  tubeletEmbedding: tubelets,
  withClassToken: (V_cls: Tensor, V: Tensor, P: Tensor) =>
    made([V.shape[0]!, 1 + V.shape[1]!, V.shape[2]!], (n, s, c) => P.get(0, s, c) + (s === 0 ? V_cls.get(0, 0, c) : V.get(n, s - 1, c))), // prettier-ignore
  classTokens: (V: Tensor, T: number) => made([V.shape[0]! / T, T, V.shape[2]!], (b, t, c) => V.get(b * T + t, 0, c)),
  firstToken: (V: Tensor) => made([V.shape[0]!, V.shape[2]!], (n, c) => V.get(n, 0, c)),
  windowAttention: windowed,
  windowBlock: (V: Tensor, window: number, h: number, alpha: Tensor, A_prev: Tensor, W: Weights) => {
    const [all, K, U] = heads(V, V, V, h, W)
    const own = (name: string): Tensor => projected(V, W[`W_${name}g`]!, W[`b_${name}g`]!, h)
    const [N, S] = sizes(V) as [number, number]
    const [d, global] = [all.shape[3]!, own('Q')]
    const Q = made([N, h, S - 1, d], (n, i, t, c) => all.get(n, i, 1 + t, c))
    const Q_g = made([N, h, 1, d], (n, i, _, c) => global.get(n, i, 0, c))
    const { O, A } = windowed(Q, K, U, Q_g, own('K'), own('V'), window, alpha, A_prev)
    const V_mid = normed(plus(V, joined(O, W['W_O']!, W['b_O']!)), W['gain_1']!, W['bias_1']!)
    return { V: normed(plus(V_mid, mlp(V_mid, W)), W['gain_2']!, W['bias_2']!), A }
  },
  deepHead: (y: Tensor, W: Weights) =>
    product(gelued(product(normed(y, W['gain']!, W['bias']!), W['W_1']!, W['b_1']!)), W['W']!, W['b']!),
} satisfies Record<EquationName, (...args: never[]) => unknown>
