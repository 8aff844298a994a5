/** What the paper's equations say in words: identities that hold for all sizes and numbers. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  attention,
  block,
  type BlockParameters,
  broadcastTo,
  concatAll,
  crossAttention,
  crossMultiHead,
  EPSILON,
  featureAggregation,
  featureTerm,
  flat,
  full,
  gelu,
  grad,
  layerNorm,
  matmul,
  mlp,
  mul,
  multiHead,
  patchEmbedding,
  positionEncoding,
  reshape,
  scale,
  scores,
  ShapeError,
  slice,
  type Tensor,
  total,
  toSpace,
  toTime,
  wideHeadAttention,
  zeros,
} from '../../lib'
import { over } from '../../lib/tensor'
import { drawing } from '../laws/networks'
import { elements, expectClose, expectNear, expectSame, indices } from '../laws/values'

const RUNS = { numRuns: 25 }
const size = fc.integer({ min: 1, max: 3 })

/** A property of random sizes and of a source of random tensors. */
const forAll = <const K extends string>(
  labels: readonly K[],
  holds: (sizes: Readonly<Record<K, number>>, draw: Draw) => void,
): void =>
  fc.assert(
    fc.property(fc.array(size, { minLength: labels.length, maxLength: labels.length }), fc.nat(), (sizes, seed) =>
      holds(Object.fromEntries(labels.map((l, i) => [l, sizes[i]])) as Record<K, number>, drawing(seed)),
    ),
    RUNS,
  )

type Draw = ReturnType<typeof drawing>
/** The weights of a block of C channels in heads of d. */
const weights = (draw: Draw, C: number, hd: number, F: number): BlockParameters => {
  const linear = (m: number, n: number): Tensor => draw([m, n], 1 / Math.sqrt(m))
  return {
    ...{ gain_1: draw([C]), bias_1: draw([C]) },
    ...{ W_Q: linear(C, hd), b_Q: draw([hd]), W_K: linear(C, hd), b_K: draw([hd]) },
    ...{ W_V: linear(C, hd), b_V: draw([hd]), W_O: linear(hd, C), b_O: draw([C]) },
    ...{ gain_2: draw([C]), bias_2: draw([C]), W_1: linear(C, F), b_1: draw([F]), W_2: linear(F, C), b_2: draw([C]) },
  }
}
const ratio = full(0.7, [], 'float64')
const none = full(0, [], 'float64')
/** The i-th entry of the first axis. */
const entry = (x: Tensor, i: number): Tensor => slice(x, 0, i, i + 1)
/** The tensor with new elements, each made from its index. */
const made = (x: Tensor, f: (at: number[]) => number): Tensor =>
  over(Float64Array.from(indices(x.shape).map(f)), x.shape)

describe('Patch embedding', () => {
  it('D7: is a convolution with kernel and stride M, patches in row-major order, each in the order (C, M, M)', () =>
    forAll(['B', 'C', 'T', 'I', 'J', 'M', 'D'], ({ B, C, T, I, J, M, D }, draw) => {
      const X = draw([B, C, T, I * M, J * M])
      const [W, b] = [draw([C * M * M, D]), draw([D])]
      const kernel = reshape(W, [C, M, M, D])
      const V = patchEmbedding(X, M, { W, b })
      const expected = made(V, ([n, p, k]) =>
        indices([C, M, M]).reduce(
          (sum, [c, u, v]) =>
            sum +
            X.get(Math.floor(n! / T), c!, n! % T, Math.floor(p! / J) * M + u!, (p! % J) * M + v!) *
              kernel.get(c!, u!, v!, k!),
          b.get(k!),
        ),
      )
      expectClose(V, expected, 1e-12, 'V')
    }))

  it('D7: names the side that is not a multiple of M', () => {
    const W = { W: zeros([3 * 4 * 4, 2]), b: zeros([2]) }
    expect(() => patchEmbedding(zeros([1, 3, 2, 6, 8]), 4, W)).to.throw(
      'Patch embedding, Sec. 3.1: X[B, C, T, I*M, J*M] was given [1, 3, 2, 6, 8]: dimension 3, I*M, must be a size with a whole I of at least 1 and M = 4 (from the size given), got 6',
    )
  })
})

describe('Position encoding, Eqs. (1)–(4)', () => {
  it('D8: adds P_s to all tokens and P_t of its frame to every patch; the class token gets no P_t', () =>
    forAll(['B', 'T', 'P', 'C'], ({ B, T, P, C }, draw) => {
      const [V_cls, V, P_s, P_t] = [draw([B * T, 1, C]), draw([B * T, P, C]), draw([1, 1 + P, C]), draw([T, 1, C])]
      const V_0 = positionEncoding(V_cls, V, P_s, P_t)
      const expected = made(V_0, ([n, s, c]) =>
        s === 0
          ? V_cls.get(n!, 0, c!) + P_s.get(0, 0, c!)
          : V.get(n!, s! - 1, c!) + P_s.get(0, s!, c!) + P_t.get(n! % T, 0, c!),
      )
      expectSame(V_0, expected, 'V_0')
    }))

  it('refuses a P_s without the class token', () =>
    expect(() => positionEncoding(zeros([2, 1, 4]), zeros([2, 3, 4]), zeros([1, 3, 4]), zeros([2, 1, 4]))).to.throw(
      /P_s\[1, 1\+P, C'\] was given \[1, 3, 4\]: dimension 1, 1\+P, must be 4 with P = 3 .*, got 3; bound: /,
    ))
})

describe('Attention, Eqs. (10), (11), (14)', () => {
  it('D9: scores are products over the root of the channels of a head', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const [Q, K] = [draw([N, h, S, d]), draw([N, h, S, d])]
      const A = scores(Q, K)
      const dot = ([n, j, q, k]: number[]): number =>
        [...Array(d).keys()].reduce((sum, c) => sum + Q.get(n!, j!, q!, c) * K.get(n!, j!, k!, c), 0)
      expectClose(
        A,
        made(A, at => dot(at) / Math.sqrt(d)),
        1e-12,
        'A',
      )
    }))

  it('has rows that are not negative and sum to 1, with and without the scores of the block before', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const QKV = [draw([N, h, S, d], 3), draw([N, h, S, d], 3), draw([N, h, S, d])] as const
      for (const { map } of [attention(...QKV), crossAttention(...QKV, ratio, draw([N, h, S, S], 3))]) {
        expect(Math.min(...flat(map))).to.be.at.least(0)
        for (const at of indices([N, h, S]))
          expectNear([elements(map.pick(...at, null)).reduce((a, b) => a + b)], [1], 1e-12, 'the sum of a row')
      }
    }))

  it('keeps huge scores finite, and their gradient', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const [Q, K, V, A_prev] = [
        draw([N, h, S, d], 1e9),
        draw([N, h, S, d], 1e9),
        draw([N, h, S, d]),
        draw([N, h, S, S], 1e20),
      ]
      const f = (x: { Q: Tensor; K: Tensor; V: Tensor }): Tensor<[]> =>
        total(crossAttention(x.Q, x.K, x.V, ratio, A_prev).O)
      const { O, map } = crossAttention(Q, K, V, ratio, A_prev)
      for (const x of [O, map, ...Object.values(grad(f)({ Q, K, V }))])
        expect([...flat(x)].every(Number.isFinite)).to.equal(true)
      expectNear([elements(map).reduce((a, b) => a + b)], [N * h * S], 1e-12, 'the sum of all rows')
    }))

  it('is what Eqs. (10) and (12) write: head j attends through the j-th columns of each projection', () =>
    forAll(['N', 'S', 'C', 'd', 'h'], ({ N, S, C, d, h }, draw) => {
      const W = weights(draw, C, h * d, 1)
      const [Q, K, V, A_prev] = [draw([N, S, C]), draw([N, S, C]), draw([N, S, C]), draw([N, h, S, S])]
      const columns = (x: Tensor, j: number): Tensor => slice(x, x.shape.length - 1, j * d, (j + 1) * d)
      const projected = (X: Tensor, W_X: Tensor, b: Tensor, j: number): Tensor =>
        reshape(add(matmul(X, columns(W_X, j)), columns(b, j)), [N, 1, S, d])
      const joined = (one: (j: number, ...QKV: [Tensor, Tensor, Tensor]) => { readonly O: Tensor }): Tensor => {
        const heads = Array.from({ length: h }, (_, j) => {
          const qkv = [projected(Q, W.W_Q, W.b_Q, j), projected(K, W.W_K, W.b_K, j), projected(V, W.W_V, W.b_V, j)]
          return reshape(one(j, ...(qkv as [Tensor, Tensor, Tensor])).O, [N, S, d])
        })
        return add(matmul(concatAll(2, heads), W.W_O), W.b_O)
      }
      const plain = joined((_, ...QKV) => attention(...QKV))
      expectClose(multiHead(Q, K, V, h, W).O, plain, 1e-12, 'MultiHead')
      const crossed = joined((j, ...QKV) => crossAttention(...QKV, ratio, slice(A_prev, 1, j, j + 1)))
      expectClose(crossMultiHead(Q, K, V, ratio, A_prev, h, W).O, crossed, 1e-12, 'CrossMultiHead')
    }))

  it('gives every head its own columns of the projections: what one head weighs, no other sees', () =>
    forAll(['N', 'S', 'd', 'C'], ({ N, S, d, C }, draw) => {
      const h = 3
      const W = weights(draw, C, h * d, 1)
      const X = draw([N, S, C])
      const W_K = made(W.W_K, ([c, k]) => W.W_K.get(c!, k!) + (Math.floor(k! / d) === 1 ? 1 : 0))
      const [before, after] = [multiHead(X, X, X, h, W), multiHead(X, X, X, h, { ...W, W_K })]
      for (const j of [0, 2])
        expectSame(slice(after.A, 1, j, j + 1), slice(before.A, 1, j, j + 1), `the scores of head ${j}`)
    }))
})

describe('Cross-stage self-attention, Eqs. (8), (12), (13)', () => {
  it('is plain attention, to the bit, for A_0 = 0', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const QKV = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d])] as const
      const plain = attention(...QKV)
      const cross = crossAttention(...QKV, ratio, full(0, [N, h, S, S], 'float64'))
      for (const key of ['O', 'A', 'map'] as const) expectSame(cross[key], plain[key], key)
      expectSame(cross.fused, plain.A, 'fused')
    }))

  it('D3: is plain attention, to the bit, for α = 0: the network starts as the baseline', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const QKV = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d])] as const
      const plain = attention(...QKV)
      const cross = crossAttention(...QKV, none, draw([N, h, S, S]))
      for (const key of ['O', 'A', 'map'] as const) expectSame(cross[key], plain[key], key)
    }))

  it('D3: takes one α, one per head, or one per score', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const QKV = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d])] as const
      const A_prev = draw([N, h, S, S])
      const fused = (alpha: Tensor): Tensor => crossAttention(...QKV, alpha, A_prev).fused
      const perScore = draw([N, h, S, S])
      const A = scores(QKV[0], QKV[1])
      expectSame(
        fused(perScore),
        made(A, at => A.get(...at) + perScore.get(...at) * A_prev.get(...at)),
        'per score',
      )
      const perHead = draw([h, 1, 1])
      expectSame(fused(perHead), fused(broadcastTo(perHead, [N, h, S, S])), 'per head')
      expectSame(fused(ratio), fused(full(0.7, [N, h, S, S], 'float64')), 'one')
    }))

  it('D2: falls back to plain multi-head attention, to the bit, for A_0 = 0 and scores of other tokens', () =>
    forAll(['N', 'S', 'C', 'd'], ({ N, S, C, d }, draw) => {
      const h = 2
      const [X, W] = [draw([N, S, C]), weights(draw, C, h * d, 2)]
      for (const A_prev of [none, draw([N + 1, h, S + 1, S + 1]), draw([N, h, S + 1, S + 1])]) {
        const [plain, cross] = [multiHead(X, X, X, h, W), crossMultiHead(X, X, X, ratio, A_prev, h, W)]
        for (const key of ['O', 'A', 'map'] as const) expectSame(cross[key], plain[key], key)
        const V_mid = add(multiHead(...same(layerNorm(X, W.gain_1, W.bias_1)), h, W).O, X)
        const V = add(mlp(layerNorm(V_mid, W.gain_2, W.bias_2), W), V_mid)
        expectSame(block(X, A_prev, ratio, h, W).V, V, 'the block')
      }
    }))
  const same = (X: Tensor): [Tensor, Tensor, Tensor] => [X, X, X]

  it('D2: refuses scores of another shape that are of as many tokens, or of other heads, and says which', () => {
    const [X, W] = [zeros([2, 5, 4], 'float64'), weights(drawing(1), 4, 6, 2)]
    const Q = zeros([2, 3, 5, 2], 'float64')
    const title = 'Cross-stage attention, App. A.1, Eq. (13)'
    const bound = '; bound: N = 2, h = 3, S = 5, d = 2 by Q'
    const given = "A_prev[N', h, S', S'] was given"
    for (const [shape, text, inside] of [
      [
        [2, 4, 5, 5],
        `${given} [2, 4, 5, 5]: dimension 1, h, must be 3 (from dimension 1 of Q), got 4${bound}; N' = 2 by A_prev`,
      ],
      [
        [1, 1, 5, 5],
        `${given} [1, 1, 5, 5]: dimension 1, h, must be 3 (from dimension 1 of Q), got 1${bound}; N' = 1 by A_prev`,
      ],
      [
        [2, 4, 9, 9],
        `${given} [2, 4, 9, 9]: dimension 1, h, must be 3 (from dimension 1 of Q), got 4${bound}; N' = 2 by A_prev`,
      ],
      [
        [2, 3, 5, 9],
        `${given} [2, 3, 5, 9]: dimension 3, S', must be 5 (from dimension 2 of A_prev), got 9${bound}; N' = 2, S' = 5 by A_prev`,
      ],
      [[3, 5, 5], `${given} [3, 5, 5]: its rank must be 4 or 0, got 3`],
      [[1], `${given} [1]: its rank must be 4 or 0, got 1`],
      [
        [1, 3, 5, 5],
        'A_prev[N, h, S, S] was given [1, 3, 5, 5]: dimension 0, N, must be 2 (from dimension 0 of A), got 1; bound: N = 2, h = 3, S = 5 by A',
        'Cross-stage attention map, Sec. 3.2, Eq. (8)',
      ],
    ] as const) {
      const A_prev = zeros(shape, 'float64')
      expect(() => crossAttention(Q, Q, Q, ratio, A_prev))
        .to.throw(ShapeError)
        .with.property('message', `${inside ?? title}: ${text}`)
      expect(() => crossMultiHead(X, X, X, ratio, A_prev, 3, W)).to.throw(ShapeError, 'A_prev[')
      expect(() => block(X, A_prev, ratio, 3, W)).to.throw(ShapeError, 'A_prev[')
    }
  })

  it('is not plain attention for other scores', () =>
    forAll(['N', 'h', 'd'], ({ N, h, d }, draw) => {
      const S = 2
      const QKV = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d])] as const
      const [plain, cross] = [attention(...QKV), crossAttention(...QKV, ratio, draw([N, h, S, S]))]
      expect([...flat(cross.map)]).not.to.deep.equal([...flat(plain.map)])
    }))

  it('is not changed by a number that is added to a row of A_{i−1}: softmax does not see it', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const QKV = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d])] as const
      const A_prev = draw([N, h, S, S])
      const rows = broadcastTo(draw([N, h, S, 1]), [N, h, S, S])
      const [a, b] = [A_prev, add(A_prev, rows)].map(A => crossAttention(...QKV, ratio, A))
      expectClose(a!.map, b!.map, 1e-12, 'the attention')
      expectClose(a!.O, b!.O, 1e-12, 'the output')
      expectClose(crossAttention(...QKV, ratio, rows).map, attention(...QKV).map, 1e-12, 'a row-constant A_{i−1}')
    }))
})

describe('Wider heads', () => {
  it('D1: are cross-stage attention, Eq. (13), in every result and every gradient, with one α or one per head', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const shape = [N, h, S, d]
      const [Q, K, V, Q_prev, K_prev] = [draw(shape), draw(shape), draw(shape), draw(shape), draw(shape)]
      const [R_O, R_fused] = [draw([N, h, S, d]), draw([N, h, S, S])]
      for (const alpha of [draw([]), draw([h, 1, 1])]) {
        const given = { Q, K, V, alpha, Q_prev, K_prev }
        type Given = typeof given
        const plain = (x: Given) => crossAttention(x.Q, x.K, x.V, x.alpha, scores(x.Q_prev, x.K_prev))
        const wide = (x: Given) => wideHeadAttention(x.Q, x.K, x.V, x.alpha, x.Q_prev, x.K_prev)
        for (const key of ['O', 'map', 'fused'] as const) expectClose(wide(given)[key], plain(given)[key], 1e-12, key)
        const loss = (f: typeof wide) => (x: Given) => {
          const { O, fused } = f(x)
          return add(total(mul(O, R_O)), total(mul(fused, R_fused)))
        }
        const [expected, found] = [grad(loss(plain))(given), grad(loss(wide))(given)]
        for (const key of ['Q', 'K', 'V', 'alpha', 'Q_prev', 'K_prev'] as const)
          expectClose(found[key], expected[key], 1e-11, `the gradient of ${key}`)
      }
    }))

  it('are plain attention, Eq. (11), for α = 0', () =>
    forAll(['N', 'h', 'S', 'd'], ({ N, h, S, d }, draw) => {
      const QKV = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d])] as const
      const wide = wideHeadAttention(...QKV, none, draw([N, h, S, d]), draw([N, h, S, d]))
      const plain = attention(...QKV)
      for (const key of ['O', 'map'] as const) expectClose(wide[key], plain[key], 1e-12, key)
    }))

  it('take no α per score, which no product of queries and keys makes', () => {
    const Q = zeros([1, 2, 3, 3])
    expect(() => wideHeadAttention(Q, Q, Q, zeros([1, 2, 3, 3] as number[]), Q, Q)).to.throw(
      ShapeError,
      'alpha[h, 1, 1] was given [1, 2, 3, 3]: its rank must be 3 or 0, got 4',
    )
  })
})

describe('Blocks, Eqs. (5), (6)', () => {
  it('keep frames apart in an STB, and positions in a TTB: a sequence depends on itself alone', () =>
    forAll(['S', 'C', 'd'], ({ S, C, d }, draw) => {
      const [N, h] = [4, 2]
      const W = weights(draw, C, h * d, 2)
      const [V, A_prev] = [draw([N, S, C]), draw([N, h, S, S])]
      const before = block(V, A_prev, ratio, h, W)
      const changed = made(V, ([n, s, c]) => V.get(n!, s!, c!) + (n === 2 ? 1 + s! + c! * c! : 0))
      const after = block(changed, A_prev, ratio, h, W)
      for (const key of ['V', 'V_mid', 'A', 'map', 'fused'] as const)
        for (const n of [0, 1, 3]) expectSame(entry(after[key], n), entry(before[key], n), `${key} of sequence ${n}`)
      expect([...flat(entry(after.V, 2))]).not.to.deep.equal([...flat(entry(before.V, 2))])

      const order = [2, 0, 3, 1]
      const shuffled = (x: Tensor): Tensor => made(x, ([n, ...at]) => x.get(order[n!]!, ...at))
      const moved = block(shuffled(V), shuffled(A_prev), ratio, h, W)
      for (const key of ['V', 'A', 'map'] as const) expectSame(moved[key], shuffled(before[key]), `${key}, permuted`)
    }))

  it('treat tokens alike: permuting them permutes the output', () =>
    forAll(['N', 'C', 'd'], ({ N, C, d }, draw) => {
      const [S, h] = [3, 2]
      const W = weights(draw, C, h * d, 2)
      const V = draw([N, S, C])
      const order = [2, 0, 1]
      const shuffled = (x: Tensor): Tensor => made(x, ([n, s, c]) => x.get(n!, order[s!]!, c!))
      expectClose(block(shuffled(V), none, none, h, W).V, shuffled(block(V, none, none, h, W).V), 1e-12, 'V')
    }))

  it('D9: have ViT’s constants: ε = 1e-6, and the exact GELU', () => {
    expect(EPSILON).to.equal(1e-6)
    // LN of ±δ is ±δ/√(δ² + ε): at δ = 0.001 this is ±√½.
    const one = full(1, [2], 'float64')
    const rows = layerNorm(over(Float64Array.of(-1e-3, 1e-3), [1, 2]), one, full(0, [2], 'float64'))
    expectNear(flat(rows), [-Math.SQRT1_2, Math.SQRT1_2], 1e-12, 'LN')
    // Φ(1) = 0.841344746068543; the approximation by tanh differs in the fourth digit.
    expectNear(flat(gelu(full(1, [1], 'float64'))), [0.8413447460685429], 1e-15, 'GELU(1)')
    expectNear(flat(gelu(full(-1, [1], 'float64'))), [-0.15865525393145707], 1e-15, 'GELU(−1)')
  })
})

describe('Regrouping', () => {
  it('toSpace undoes toTime, and the other way about', () =>
    forAll(['B', 'T', 'S', 'C'], ({ B, T, S, C }, draw) => {
      const V = draw([B * T, S, C])
      expectSame(toSpace(toTime(V, T), S), V, 'there and back')
      const U = draw([B * S, T, C])
      expectSame(toTime(toSpace(U, S), T), U, 'back and there')
    }))

  it('puts token s of frame t of clip b to place t of sequence b·S + s', () =>
    forAll(['B', 'T', 'S', 'C'], ({ B, T, S, C }, draw) => {
      const V = draw([B * T, S, C])
      const U = toTime(V, T)
      expectSame(
        U,
        made(U, ([n, t, c]) => V.get(Math.floor(n! / S) * T + t!, n! % S, c!)),
        'toTime',
      )
    }))
})

describe('Feature aggregation (FAM), Eqs. (7), (9)', () => {
  const feature = (draw: Draw, C: number, beta: Tensor = draw([])) => ({ beta, gain: draw([C]), bias: draw([C]) })

  it('is the identity for L = 1', () =>
    forAll(['N', 'S', 'C'], ({ N, S, C }, draw) => {
      const V_L = draw([N, S, C])
      expectSame(featureAggregation([], V_L, []), V_L, 'Y')
    }))

  it('adds to V_L a normalised term for every block before it, in any order', () =>
    forAll(['N', 'S', 'C', 'L'], ({ N, S, C, L }, draw) => {
      const V = Array.from({ length: L }, () => draw([N, S, C]))
      const W = V.map(() => feature(draw, C))
      const V_L = draw([N, S, C])
      const expected = V.map((V_i, i) => featureTerm(V_i, W[i]!)).reduce((a, b) => add(a, b), V_L)
      expectClose(featureAggregation(V, V_L, W), expected, 1e-12, 'Y')
      expectClose(
        featureAggregation([...V].reverse(), V_L, [...W].reverse()),
        expected,
        1e-12,
        'Y of the blocks reversed',
      )
    }))

  it('refuses another number of terms than of blocks before the last', () => {
    const draw = drawing(1)
    const V = draw([1, 2, 3])
    expect(() => featureAggregation([V, V], V, [feature(draw, 3)])).to.throw(
      /^Feature aggregation: W must have 2 terms, one for every V_i, got 1$/,
    )
  })

  /** How far ε lets LN(β·V) be from sign(β)·LN(V): relatively ε/2σ² of the one less that of the other. */
  const bound = (V: Tensor, W: { gain: Tensor }, beta: number): number => {
    const C = V.shape[2]!
    const variance = indices(V.shape.slice(0, 2)).map(at => {
      const row = elements(V.pick(...at, null))
      const mean = row.reduce((a, b) => a + b) / C
      return row.reduce((s, v) => s + (v - mean) ** 2, 0) / C
    })
    const gain = Math.max(...[...flat(W.gain)].map(Math.abs))
    return (EPSILON / 2 / Math.min(...variance)) * Math.abs(1 / beta ** 2 - 1) * Math.sqrt(C) * gain + 1e-12
  }

  it('D5: hardly sees the size of a β for the whole block: LN(β·V) = sign(β)·LN(V) up to ε', () =>
    fc.assert(
      fc.property(fc.double({ min: 0.3, max: 3, noNaN: true }), fc.boolean(), fc.nat(), (size, negative, seed) => {
        const draw = drawing(seed)
        const beta = negative ? -size : size
        const [V, W] = [draw([2, 3, 5]), feature(draw, 5, full(1, [], 'float64'))]
        const unbiased = { ...W, bias: full(0, [5], 'float64') }
        const scaled = featureTerm(V, { ...unbiased, beta: full(beta, [], 'float64') })
        const expected = scale(featureTerm(V, unbiased), Math.sign(beta))
        const worst = Math.max(...[...flat(scaled)].map((v, i) => Math.abs(v - flat(expected)[i]!)))
        expect(worst).to.be.at.most(bound(V, W, beta))
      }),
    ))

  it('D5: gives such a β almost no gradient: it learns nothing that the gain does not', () =>
    forAll(['N', 'S'], ({ N, S }, draw) => {
      const V = draw([N, S, 8])
      const W = feature(draw, 8, full(1, [], 'float64'))
      const R = draw([N, S, 8])
      const gradient = grad((w: typeof W) => total(mul(featureTerm(V, w), R)))(W)
      const largest = Math.max(...[...flat(gradient.gain)].map(Math.abs))
      expect(Math.abs(flat(gradient.beta)[0]!)).to.be.at.most(1e-3 * largest)
    }))

  it('D5: takes a β per channel, which is not inert', () =>
    forAll(['N', 'S'], ({ N, S }, draw) => {
      const V = draw([N, S, 8])
      const W = feature(draw, 8, full(1, [8], 'float64'))
      const tripled = made(W.beta, ([c]) => (c === 3 ? 3 : 1))
      const [a, b] = [featureTerm(V, W), featureTerm(V, { ...W, beta: tripled })]
      expect(Math.max(...[...flat(a)].map((v, i) => Math.abs(v - flat(b)[i]!)))).to.be.above(1e-3)
      const gradient = grad((w: typeof W) => total(mul(featureTerm(V, w), draw([N, S, 8]))))(W)
      expect(Math.max(...[...flat(gradient.beta)].map(Math.abs))).to.be.above(1e-3)
    }))
})
