import { expect } from 'chai'
import fc from 'fast-check'
import {
  type Arg,
  broadcast,
  type Dim,
  dimSize,
  type Given,
  parseSignature,
  shapeOf,
  ShapeError,
  solve,
} from '../../lib/tensor'
import { dims, LABELS } from './signatures'

const size = fc.integer({ min: 1, max: 9 })
const sizesOf: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .tuple(...LABELS.map(() => size))
  .map(sizes => new Map(LABELS.map((label, i) => [label, sizes[i]!])))

/** The tensors of a signature's arguments with the shapes they are given. */
const given = (source: string, ...shapes: readonly number[][]): Given[] =>
  parseSignature(`${source} -> []`).args.map((a: Arg, i) => {
    if (a.kind !== 'tensor') throw new TypeError('only tensors here')
    return { name: a.name, dims: a.dims, shape: shapes[i]! }
  })

describe('Solving a signature', () => {
  it('finds random sizes back, in whatever order the dimensions tell them', () => {
    const tensors = fc.array(fc.array(dims, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 })
    const told = fc.shuffledSubarray<string>([...LABELS], { minLength: LABELS.length })
    fc.assert(
      fc.property(sizesOf, tensors, told, (sizes, more, order) => {
        // One tensor tells every label, the others say more of them; they are given last and first.
        const all: Given[] = [...more, order.map((name): Dim => ({ kind: 'label', name }))].map((of, i) => ({
          name: `X_${i}`,
          dims: of,
          shape: of.map(d => dimSize(d, sizes)!),
        }))
        for (const arranged of [all, [...all].reverse()]) {
          const { labels } = solve('f', arranged)
          expect(new Map([...labels].sort())).to.deep.equal(new Map([...sizes].sort()))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('finds the one unknown of a product or a sum from the others', () => {
    fc.assert(
      fc.property(size, size, size, (B, T, P) => {
        const { labels } = solve('f', given('V[B*(1+P), T*2], X[T, B]', [B * (1 + P), T * 2], [T, B]))
        expect(Object.fromEntries(labels)).to.deep.equal({ B, T, P })
      }),
    )
  })

  it('takes sizes that are given', () => {
    expect(Object.fromEntries(solve('f', given('X[N, h*d]', [2, 12]), { h: 3 }).labels)).to.deep.equal({
      N: 2,
      h: 3,
      d: 4,
    })
  })

  it('broadcasts ellipses of one name against one another, and keeps those of others apart', () => {
    const { ellipses } = solve('f', given('A[..., N], B[..., N], C[...c]', [2, 1, 5], [3, 5], [7]))
    expect(Object.fromEntries(ellipses)).to.deep.equal({ '': [2, 3], c: [7] })
    const { results } = parseSignature('A[..., N], C[...c] -> Y[...c, N], Z[N, ...]')
    const shapes = results.map(({ dims }) => shapeOf(dims, { ellipses, labels: new Map([['N', 5]]) }))
    expect(shapes).to.deep.equal([
      [7, 5],
      [5, 2, 3],
    ])
  })

  it('takes an ellipsis at the beginning, in the middle and at the end', () => {
    for (const [source, sizes] of [
      ['X[..., M, N]', [2, 3, 4, 5]],
      ['X[M, ..., N]', [4, 2, 3, 5]],
      ['X[M, N, ...]', [4, 5, 2, 3]],
    ] as const) {
      const { labels, ellipses } = solve('f', given(source, [...sizes]))
      expect([labels.get('M'), labels.get('N'), ellipses.get('')]).to.deep.equal([4, 5, [2, 3]])
    }
  })

  describe('says in one line which sizes clash', () => {
    const faults: readonly (readonly [says: string, () => unknown])[] = [
      ['f: V[N, C] was given [2, 3, 4]: its rank must be 2, got 3', () => solve('f', given('V[N, C]', [2, 3, 4]))],
      ['f: V[N, C] was given []: its rank must be 2, got 0', () => solve('f', given('V[N, C]', []))],
      [
        'f: A[..., M, N] was given [3]: its rank must be at least 2, got 1',
        () => solve('f', given('A[..., M, N]', [3])),
      ],
      [
        'f: W[C, D] was given [4, 5]: dimension 0, C, must be 3 (from dimension 1 of X), got 4; bound: N = 2, C = 3 by X',
        () => solve('f', given('X[N, C], W[C, D]', [2, 3], [4, 5])),
      ],
      [
        'f: X[N, 1] was given [2, 3]: dimension 1, 1, must be 1, got 3; bound: N = 2 by X',
        () => solve('f', given('X[N, 1]', [2, 3])),
      ],
      [
        'f: V[B*T, C] was given [7, 4]: dimension 0, B*T, must be a size with a whole B of at least 1 and T = 2 (from dimension 0 of P_t), got 7; bound: T = 2 by P_t',
        () => solve('f', given('P_t[T], V[B*T, C]', [2], [7, 4])),
      ],
      [
        'f: V[B*T] was given [9]: dimension 0, B*T, must be 8 with B = 2 (from dimension 0 of X) and T = 4 (from dimension 1 of X), got 9; bound: B = 2, T = 4 by X',
        () => solve('f', given('X[B, T], V[B*T]', [2, 4], [9])),
      ],
      [
        'f: P_s[1, 1+P, C] was given [1, 4, 5]: dimension 1, 1+P, must be 5 with P = 4 (from dimension 0 of V), got 4; bound: P = 4, C = 5 by V',
        () => solve('f', given('V[P, C], P_s[1, 1+P, C]', [4, 5], [1, 4, 5])),
      ],
      [
        'f: P_s[1+P] was given [1]: dimension 0, 1+P, must be a size with a whole P of at least 1, got 1',
        () => solve('f', given('P_s[1+P]', [1])),
      ],
      [
        'f: X[2*N] was given [5]: dimension 0, 2*N, must be a size with a whole N of at least 1, got 5',
        () => solve('f', given('X[2*N]', [5])),
      ],
      [
        'f: b[..., N] was given [3, 5]: its ... must broadcast with [2], got [3]',
        () => solve('f', given('a[..., N], b[..., N]', [2, 5], [3, 5])),
      ],
      [
        'f: V[B*T, C] was given [6, 4]: dimension 0, B*T, must have one unknown label, got B and T: give a size',
        () => solve('f', given('V[B*T, C]', [6, 4])),
      ],
      [
        'f: X[N*N] was given [9]: dimension 0, N*N, must have one unknown label, got N and N: give a size',
        () => solve('f', given('X[N*N]', [9])),
      ],
      [
        'f: X[C] was given [3]: dimension 0, C, must be 4 (from the size given), got 3; bound: C = 4 by the size given',
        () => solve('f', given('X[C]', [3]), { C: 4 }),
      ],
      ['f: X[N, C] was given [0, 3]: its sizes must be at least 1, got 0', () => solve('f', given('X[N, C]', [0, 3]))],
      ...[0, -1, 1.5, NaN, Infinity].map(
        h =>
          [
            `f: the size h must be a whole number of at least 1, got ${h}`,
            () => solve('f', given('X[h]', [3]), { h }),
          ] as const,
      ),
    ]
    for (const [says, of] of faults)
      it(says, () => {
        expect(of).to.throw(ShapeError).with.property('message', says)
      })
  })
})

describe('Broadcasting', () => {
  const shape = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 4 })
  it('is the larger of sizes that are equal or 1, aligned at the end', () => {
    expect(broadcast([2, 1, 4], [3, 1])).to.deep.equal([2, 3, 4])
    expect(broadcast([], [3, 1])).to.deep.equal([3, 1])
    expect(broadcast([2], [3])).to.equal(undefined)
  })

  it('does not mind the order, nor scalars, nor the same shape again', () => {
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const both = broadcast(a, b)
        expect(broadcast(b, a)).to.deep.equal(both)
        expect(broadcast(a, [])).to.deep.equal(a)
        if (both) expect(broadcast(both, a)).to.deep.equal(both)
      }),
    )
  })
})
