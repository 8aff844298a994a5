/** What a mask means, for cross-stage attention: whom a query sees, and what crosses. */
import { expect } from 'chai'
import {
  causalMask,
  cast,
  crossAttention,
  fromArray,
  full,
  grad,
  maskedAttention,
  paddingMask,
  relativeBias,
  ShapeError,
  slice,
  type Tensor,
  toArray,
  total,
  windowMask,
} from '../../lib'
import { drawing } from '../laws/networks'

const [N, h, S, d] = [2, 2, 5, 3]
const draw = drawing(1)
const [Q, K, V, A_prev] = [draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, d]), draw([N, h, S, S])]
const alpha = full(0.7, [], 'float64')
const none = full(0, [], 'float64')
const wide = (mask: Tensor): Tensor => cast(mask, 'float64')

describe('Masked cross-stage attention', () => {
  it('without a mask is Eq. (13), and without scores before it Eq. (11)', () => {
    for (const before of [A_prev, none]) {
      const { O, A, map } = maskedAttention(Q, K, V, alpha, before, none)
      const cross = crossAttention(Q, K, V, alpha, before)
      expect([O, A, map].map(toArray)).to.deep.equal([cross.O, cross.A, cross.map].map(toArray))
    }
  })

  it('with a causal mask takes nothing from tokens to come, and lets the scores cross as they are', () => {
    const mask = wide(causalMask(S))
    const { O, A, map } = maskedAttention(Q, K, V, alpha, A_prev, mask)
    const first = (x: Tensor): Tensor => slice(x, 2, 0, 3)
    const alone = maskedAttention(
      first(Q),
      first(K),
      first(V),
      alpha,
      slice(first(A_prev), 3, 0, 3),
      wide(causalMask(3)),
    )
    expect(toArray(first(O))).to.deep.equal(toArray(alone.O))
    expect(toArray(A)).to.deep.equal(toArray(crossAttention(Q, K, V, alpha, A_prev).A))
    for (let i = 0; i < S; i++) for (let j = i + 1; j < S; j++) expect(map.get(1, 1, i, j)).to.equal(0)
  })

  it('with a padding mask is attention to the tokens that there are, as many as that may be', () => {
    const { O } = maskedAttention(Q, K, V, none, none, wide(paddingMask([2, 4], S)))
    for (const [n, length] of [2, 4].entries()) {
      const of = (x: Tensor): Tensor => slice(x, 0, n, n + 1)
      const { O: alone } = maskedAttention(
        of(Q),
        slice(of(K), 2, 0, length),
        slice(of(V), 2, 0, length),
        none,
        none,
        none,
      )
      const [found, expected] = [toArray(of(O)), toArray(alone)] as number[][][][]
      found!.flat(3).forEach((x, i) => expect(x).to.be.closeTo(expected!.flat(3)[i]!, 1e-12))
    }
  })

  it('with a window sees the tokens beside a token, and no others', () => {
    const { map } = maskedAttention(Q, K, V, none, none, wide(windowMask(S, 1)))
    for (let i = 0; i < S; i++)
      for (let j = 0; j < S; j++) expect(map.get(0, 1, i, j) > 0, `${i}, ${j}`).to.equal(Math.abs(i - j) <= 1)
  })

  it('with a relative bias learns a number for each way between places of a window, and for each head', () => {
    const [sizes, heads] = [[2, 3], 2] as const
    const table = draw([3 * 5, heads]) as Tensor<['R', 'h']>
    const bias = relativeBias(table, sizes)
    const seen = fromArray(Array<number>(3 * 5).fill(0), [3 * 5])
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++) {
        const [down, right] = [Math.floor(i / 3) - Math.floor(j / 3), (i % 3) - (j % 3)]
        const way = (down + 1) * 5 + right + 2
        seen.set(way, seen.get(way) + 1)
        for (let k = 0; k < heads; k++) expect(bias.get(k, i, j), `${i}, ${j}`).to.equal(table.get(way, k))
      }
    const gradient = grad((t: typeof table) => total(relativeBias(t, sizes)))(table)
    for (let way = 0; way < 15; way++) expect(gradient.get(way, 1), `way ${way}`).to.equal(seen.get(way))
    expect(() => relativeBias(table, [3, 3])).to.throw(
      ShapeError,
      'relativeBias: the table must have 25 rows for [3, 3], got [15, 2]',
    )
  })
})
