/** Primitives against formulas written without regard for speed. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  broadcastTo,
  concatAll,
  div,
  erf,
  fusedAttention,
  fusedMaskedAttention,
  gelu,
  layerNorm,
  matmul,
  max,
  mul,
  scale,
  slice,
  softmax,
  split,
  sub,
  sum,
  total,
  transpose,
} from '../../lib/primitives'
import { errorFunction } from '../../lib/primitives/support/error-function'
import { broadcast, flat, fromArray, type Shape, type Tensor } from '../../lib/tensor'
import { grad } from '../../lib/transforms'
import { elements, expectNear, indices, operandsOf } from '../laws/values'

const draw = (seed: number, ...shapes: Shape[]): Tensor[] =>
  operandsOf(
    shapes.map(shape => ({ shape, range: 'any' })),
    seed,
    'float64',
  )
const rows = (x: Tensor): number[][] => {
  const n = x.shape.at(-1)!
  const all = elements(x)
  return Array.from({ length: all.length / n }, (_, i) => all.slice(i * n, (i + 1) * n))
}
const added = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)

describe('matmul', () => {
  it('is Σ over the inner dimension, for every size from 1 to 9', () => {
    const sizes = [...Array(9).keys()].map(n => n + 1)
    for (const [m, k, n] of sizes.flatMap(a => sizes.flatMap(b => sizes.map(c => [a, b, c] as const)))) {
      const [a, b] = draw(m * 100 + k * 10 + n, [m, k], [k, n]) as [Tensor, Tensor]
      const naive = indices([m, n]).map(([i, j]) => added([...Array(k).keys()].map(l => a.get(i!, l) * b.get(l, j!))))
      expectNear(flat(matmul(a, b)), naive, 1e-14, `${m}×${k} by ${k}×${n}`)
    }
  })

  it('broadcasts the dimensions before the last two', () => {
    for (const [p, q] of [
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[], [4]],
      [[4], []],
    ] as const) {
      const [a, b] = draw(1, [...p, 3, 2], [...q, 2, 5]) as [Tensor, Tensor]
      const y = matmul(a, b)
      const batch = broadcast(p, q)!
      expect(y.shape).to.deep.equal([...batch, 3, 5])
      const at = (x: Tensor, lead: readonly number[]): Tensor => {
        const own = x.shape.length - 2
        return x.pick(...lead.slice(lead.length - own).map((i, k) => (x.shape[k] === 1 ? 0 : i)), null, null)
      }
      for (const lead of indices(batch))
        expectNear(
          elements(y.pick(...lead, null, null)),
          elements(matmul(at(a, lead), at(b, lead))),
          0,
          `matrix ${lead}`,
        )
    }
  })
})

describe('add, sub, mul, div', () => {
  const operations = [
    [add, (a, b) => a + b],
    [sub, (a, b) => a - b],
    [mul, (a, b) => a * b],
    [div, (a, b) => a / b],
  ] as const satisfies readonly (readonly [unknown, (a: number, b: number) => number])[]
  it('are the operations of numbers, to the bit', () => {
    const [a, b] = draw(2, [2, 3, 4], [3, 1]) as [Tensor, Tensor]
    for (const [f, g] of operations) {
      expectNear(
        elements(f(a, b)),
        indices([2, 3, 4]).map(([i, j, k]) => g(a.get(i!, j!, k!), b.get(j!, 0))),
        0,
        'a, b',
      )
      expectNear(
        elements(f(b, a)),
        indices([2, 3, 4]).map(([i, j, k]) => g(b.get(j!, 0), a.get(i!, j!, k!))),
        0,
        'b, a',
      )
    }
  })
})

describe('sum', () => {
  it('accumulates in float64: ten million small numbers on a large one', () => {
    const x = broadcastTo(fromArray([1], [1]), [10_000_000])
    const y = sum(concatAll(0, [fromArray([2 ** 24]), x]), [0])
    expect(flat(y)[0]).to.equal(2 ** 24 + 10_000_000)
  })
})

describe('sum and max', () => {
  it('are those of numbers, over any axes', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain(shape =>
          fc.record({
            shape: fc.constant(shape),
            axes: fc.shuffledSubarray([...shape.keys()]),
            seed: fc.nat(),
          }),
        ),
        ({ shape, axes, seed }) => {
          const [x] = draw(seed, shape) as [Tensor]
          const among = new Map<string, number[]>()
          for (const at of indices(shape)) {
            const key = at.filter((_, i) => !axes.includes(i)).join()
            among.set(key, [...(among.get(key) ?? []), x.get(...at)])
          }
          const groups = [...among.values()]
          expectNear(
            elements(max(x, axes)),
            groups.map(g => Math.max(...g)),
            0,
            'max',
          )
          expectNear(elements(sum(x, axes)), groups.map(added), 1e-15, 'sum')
        },
      ),
    ))
})

describe('max', () => {
  it('shares the gradient equally among ties', () => {
    const x = fromArray([1, 3, 3, 2, 2, 2], [2, 3], 'float64')
    expectNear(
      elements(grad((v: Tensor) => total(max(v, [1])))(x)),
      [0, 1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3],
      1e-15,
      'ties',
    )
  })
})

describe('softmax', () => {
  it('is exp x / Σ exp x, and rows sum to 1', () => {
    const [x] = draw(3, [4, 5, 7]) as [Tensor]
    const y = softmax(x)
    const naive = rows(x).flatMap(r => r.map(v => Math.exp(v) / added(r.map(Math.exp))))
    expectNear(elements(y), naive, 1e-15, 'softmax')
    rows(y).forEach(r => expect(added(r)).to.be.closeTo(1, 1e-15))
  })

  it('stays finite for scores of any size', () => {
    const scores = fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(scores, xs => {
        const y = elements(softmax(fromArray(xs, [xs.length], 'float64')))
        expect(y.every(v => v >= 0 && v <= 1)).to.equal(true)
        expect(added(y)).to.be.closeTo(1, 1e-14)
      }),
    )
  })

  it('gives masked scores, −∞, no weight and no gradient', () => {
    const x = fromArray([1, -Infinity, 2, -Infinity], [4], 'float64')
    const y = elements(softmax(x))
    expectNear([y[0]!, y[2]!], elements(softmax(fromArray([1, 2], [2], 'float64'))), 0, 'what is not masked')
    expect([y[1], y[3]]).to.deep.equal([0, 0])
    const w = fromArray([3, 5, -1, 2], [4], 'float64')
    const g = elements(grad((s: Tensor) => total(mul(softmax(s), w)))(x))
    expect([g[1], g[3]]).to.deep.equal([0, 0])
    expect(g.every(Number.isFinite)).to.equal(true)
  })

  it('is NaN for a row that is masked as a whole: nothing is left to attend to', () => {
    expect(elements(softmax(fromArray([-Infinity, -Infinity])))).to.deep.equal([NaN, NaN])
  })
})

describe('fusedAttention', () => {
  const plain = (Q: Tensor, K: Tensor, V: Tensor, c: number): Tensor =>
    matmul(softmax(scale(matmul(Q, transpose(K)), c)), V)

  it('is Softmax(scale·Q·Kᵀ)·V, and has its gradients', () => {
    const [Q, K, V, W] = draw(7, [2, 3, 5, 4], [2, 3, 7, 4], [2, 3, 7, 6], [2, 3, 5, 6]) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ]
    expectNear(elements(fusedAttention(Q, K, V, 0.5)), elements(plain(Q, K, V, 0.5)), 1e-15, 'the output')
    const gradients = (f: typeof plain): readonly Tensor[] =>
      grad((xs: readonly [Tensor, Tensor, Tensor]) => total(mul(f(...xs, 0.5), W)))([Q, K, V])
    const expected = gradients(plain)
    gradients(fusedAttention).forEach((g, i) => expectNear(elements(g), elements(expected[i]!), 1e-14, `∂${'QKV'[i]}`))
  })

  it('of masked scores is that of the keys that a query sees, and of none where it sees none', () => {
    const [Q, K, V] = draw(8, [4, 3], [4, 3], [4, 2]) as [Tensor, Tensor, Tensor]
    const sees = (i: number, j: number): boolean => i < 3 && j <= i
    const mask = Array.from({ length: 16 }, (_, k) => (sees(k >> 2, k & 3) ? 0 : -Infinity))
    const O = fusedMaskedAttention(Q, K, V, fromArray(mask, [4, 4], 'float64'), 0.5)
    for (let i = 0; i < 3; i++) {
      const seen = plain(slice(Q, 0, i, i + 1), slice(K, 0, 0, i + 1), slice(V, 0, 0, i + 1), 0.5)
      expectNear(elements(slice(O, 0, i, i + 1)), elements(seen), 1e-15, `row ${i}`)
    }
    expect(elements(slice(O, 0, 3, 4))).to.deep.equal([NaN, NaN])
  })

  it('stays finite for scores of any size, and then takes the value of the largest', () => {
    const [Q, K] = [fromArray([1e150], [1, 1], 'float64'), fromArray([-1e150, 2e150, 1e150], [3, 1], 'float64')]
    expect(elements(fusedAttention(Q, K, fromArray([5, 6, 7], [3, 1], 'float64'), 1))).to.deep.equal([6])
  })
})

describe('layerNorm', () => {
  it('is (x − μ)/√(σ² + ε)·g + b with the variance of the whole row', () => {
    const [x, g, b] = draw(4, [3, 2, 6], [6], [6]) as [Tensor, Tensor, Tensor]
    const naive = rows(x).flatMap(r => {
      const mu = added(r) / 6
      const variance = added(r.map(v => (v - mu) ** 2)) / 6
      return r.map((v, j) => ((v - mu) / Math.sqrt(variance + 1e-6)) * g.get(j) + b.get(j))
    })
    expectNear(elements(layerNorm(x, g, b)), naive, 1e-14, 'layerNorm')
  })

  it('loses no digits far from 0, as E[x²] − μ² would', () => {
    const x = fromArray([1e8 + 1, 1e8 + 2, 1e8 + 3], [3], 'float64')
    const [one, none] = [fromArray([1, 1, 1], [3], 'float64'), fromArray([0, 0, 0], [3], 'float64')]
    const near = fromArray([1, 2, 3], [3], 'float64')
    expectNear(elements(layerNorm(x, one, none)), elements(layerNorm(near, one, none)), 1e-14, 'shifted')
  })

  it('gives the bias where a row is constant', () => {
    const [g, b] = draw(5, [4], [4]) as [Tensor, Tensor]
    expectNear(elements(layerNorm(fromArray([7, 7, 7, 7], [4], 'float64'), g, b)), elements(b), 0, 'constant row')
  })
})

describe('erf and gelu', () => {
  // From the power series in 50 digits.
  const known: readonly (readonly [number, number])[] = [
    [0, 0],
    [1e-8, 1.1283791670955126e-8],
    [0.01, 0.011283415555849618],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [0.77, 0.7238216139648593],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.345, 0.9990879220321647],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [6, 1],
    [1e300, 1],
    [Infinity, 1],
  ]

  it('erf has the known values, within a few units in the last place', () => {
    for (const [x, y] of known) expect(Math.abs(errorFunction(x) - y), `erf ${x}`).to.be.at.most(1e-15 * y)
  })

  it('erf is that of its series in 60 digits, within a few units in the last place', () => {
    const ONE = 10n ** 60n
    const fixed = (v: number): bigint => (BigInt(Math.round(v * 2 ** 40)) * ONE) / 2n ** 40n
    /** Σ (−1)ⁿ x²ⁿ⁺¹ / (n!·(2n+1)), without 2/√π. */
    const series = (v: number): number => {
      const x = fixed(v)
      let [term, sum] = [x, x]
      for (let n = 1n; term !== 0n; n++) {
        term = (-term * x * x) / (ONE * ONE * n)
        sum += term / (2n * n + 1n)
      }
      return Number(sum / 10n ** 30n) / 1e30
    }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 * 2 ** 20 }), k => {
        const v = k / 2 ** 20
        const exact = (2 / Math.sqrt(Math.PI)) * series(v)
        expect(Math.abs(errorFunction(v) / exact - 1), `erf ${v}`).to.be.below(2e-15)
      }),
      { numRuns: 1000 },
    )
  })

  it('erf is odd, does not fall, and stays within ±1', () => {
    const real = fc.oneof(fc.double({ min: -7, max: 7, noNaN: true }), fc.double({ noNaN: true }))
    fc.assert(
      fc.property(real, real, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(errorFunction(-a)).to.equal(-errorFunction(a))
        expect(errorFunction(low)).to.be.at.most(errorFunction(high) + 1e-15)
        expect(Math.abs(errorFunction(a))).to.be.at.most(1)
      }),
      { numRuns: 1000 },
    )
  })

  it('erf is NaN for NaN', () => expect(errorFunction(NaN)).to.deep.equal(NaN))

  it('gelu is ½x(1 + erf(x/√2))', () => {
    const x = fromArray([-3, -1, -0.5, 0, 0.5, 1, 3], [7], 'float64')
    const expected = [
      -0.0040496940948902835, -0.15865525393145705, -0.15426876936299344, 0, 0.34573123063700656, 0.8413447460685429,
      2.99595030590511,
    ]
    expectNear(elements(gelu(x)), expected, 1e-15, 'gelu')
    expectNear(elements(erf(x)), elements(x).map(errorFunction), 0, 'erf')
  })
})

describe('split', () => {
  it('undoes concat, to the bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        fc.nat(2),
        fc.nat(),
        (sizes, axis, seed) => {
          const parts = draw(seed, ...sizes.map(n => [2, 3, 2].map((m, i) => (i === axis ? n : m))))
          const back: readonly Tensor[] = split(concatAll(axis, parts), axis, sizes)
          expect(back.map(p => p.shape)).to.deep.equal(parts.map(p => p.shape))
          back.forEach((p, i) => expectNear(elements(p), elements(parts[i]!), 0, `part ${i}`))
        },
      ),
    )
  })
})
