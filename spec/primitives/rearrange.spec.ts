import { expect } from 'chai'
import fc from 'fast-check'
import { rearrange } from '../../lib/primitives'
import { full, fromArray, ShapeError, SignatureError, sizeOf, type Tensor } from '../../lib/tensor'
import { abstract, leaves, trace } from '../../lib/trace'
import { elements, indices } from '../laws/values'

/** Names, as they are grouped into dimensions on one side: [['B', 'T'], ['N']] is [B*T, N]. */
type Side = readonly (readonly string[])[]
const show = (side: Side): string => `[${side.map(group => group.join('*') || '1').join(', ')}]`

/** The elements under the grouping `to`, found by walking over every name. */
const naive = (x: Tensor, from: Side, to: Side, sizes: Readonly<Record<string, number>>): number[] => {
  const names = to.flat()
  const place = (group: readonly string[], at: readonly number[]): number =>
    group.reduce((i, name) => i * sizes[name]! + at[names.indexOf(name)]!, 0)
  return indices(names.map(n => sizes[n]!)).map(at => x.get(...from.map(group => place(group, at))))
}

const NAMES = ['A', 'B', "C'", 'D_1']
const NEW = 'R'
/** Names cut into groups at random places; empty groups are dimensions of size 1. */
const grouped = (names: readonly string[]): fc.Arbitrary<Side> =>
  fc
    .array(fc.integer({ min: 0, max: names.length }), { maxLength: 3 })
    .map(cuts => [0, ...cuts.sort(), names.length])
    .map(cuts => cuts.slice(1).map((end, i) => names.slice(cuts[i], end)))

const rearrangements = fc
  .record({
    names: fc.shuffledSubarray(NAMES),
    more: fc.boolean(),
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
  })
  .chain(({ names, more, sizes }) =>
    fc.record({
      from: grouped(names),
      to: fc
        .shuffledSubarray(more ? [...names, NEW] : names, { minLength: names.length + Number(more) })
        .chain(grouped),
      sizes: fc.constant(Object.fromEntries([...NAMES, NEW].map((n, i) => [n, sizes[i]!]))),
    }),
  )

describe('rearrange', () => {
  it('splits, reorders, repeats and merges as a walk over all names does', () => {
    fc.assert(
      fc.property(rearrangements, ({ from, to, sizes }) => {
        const shape = (side: Side): number[] => side.map(group => sizeOf(group.map(n => sizes[n]!)))
        const x = fromArray([...Array(sizeOf(shape(from))).keys()], shape(from))
        const used = new Set([...from, ...to].flat())
        const given = Object.fromEntries(Object.entries(sizes).filter(([n]) => used.has(n)))
        const y: Tensor = rearrange(`${show(from)} -> ${show(to)}`, x, given)
        expect(y.shape).to.deep.equal(shape(to))
        expect(elements(y)).to.deep.equal(naive(x, from, to, sizes))
      }),
      { numRuns: 300 },
    )
  })

  it('keeps sums together: from an STB to a TTB and back', () => {
    const x = fromArray([...Array(2 * 3 * 5).keys()], [6, 5]) as Tensor<['B*T', '1+P']>
    const y = rearrange('[B*T, 1+P] -> [B*(1+P), T]', x, { T: 3 })
    expect(y.shape).to.deep.equal([10, 3])
    expect(elements(rearrange('[B*(1+P), T] -> [B*T, 1+P]', y, { P: 4 }))).to.deep.equal(elements(x))
    expect(y.get(7, 2)).to.equal(x.get(1 * 3 + 2, 2))
  })

  it('carries an ellipsis along', () => {
    const x = fromArray([...Array(24).keys()], [2, 3, 4])
    const y = rearrange('[..., N] -> [N, ...]', x)
    expect(y.shape).to.deep.equal([4, 2, 3])
    expect(y.get(3, 1, 2)).to.equal(x.get(1, 2, 3))
    expect(rearrange('[N, ...] -> [..., N]', fromArray([1, 2])).shape).to.deep.equal([2])
  })

  it('is a reshape, a repetition and a reordering at most, and nothing where nothing changes', () => {
    const operations = (pattern: string, shape: number[], sizes = {}): string[] =>
      trace((x: Tensor) => leaves(rearrange(pattern, x, sizes)), abstract(shape)).graph.nodes.flatMap(n =>
        n.kind === 'operation' ? [n.primitive.name] : [],
      )
    expect(operations('[N, C] -> [N, C]', [2, 3])).to.deep.equal([])
    expect(operations('[N*L, C] -> [N, L, C]', [6, 3], { L: 2 })).to.deep.equal(['reshape'])
    expect(operations('[N, C] -> [C, N]', [2, 3])).to.deep.equal(['permute'])
    expect(operations('[N, L, C] -> [L, R*N, C]', [2, 3, 4], { R: 5 })).to.deep.equal([
      'broadcastTo',
      'permute',
      'reshape',
    ])
  })

  it('takes a label twice, whose first one stays the first', () => {
    const x = fromArray([...Array(18).keys()], [2, 3, 3])
    const y = rearrange('[N, S, S] -> [S, N, S]', x)
    const same = rearrange('[N, S, L] -> [S, N, L]', x)
    expect([y.shape, elements(y)]).to.deep.equal([same.shape, elements(same)])
    expect(rearrange('[C] -> [N, N, C]', fromArray([1, 2]), { N: 3 }).shape).to.deep.equal([3, 3, 2])
    expect(() => rearrange('[N, S, S] -> [S, N, S]', fromArray([1, 2, 3, 4, 5, 6], [1, 2, 3]))).to.throw('must be 2')
  })

  it('says what a pattern is where it is empty, also with sizes', () => {
    const x: Tensor = full(0, [1])
    const empty: string = [].join()
    for (const sizes of [{}, { N: 2 }])
      expect(() => rearrange(empty, x, sizes)).to.throw(
        "signature: must be arguments, '->' and results, as [N, C] -> [C, N], got no text",
      )
  })

  describe('says in one line what does not fit', () => {
    const x: Tensor = full(0, [6, 4])
    const faults: readonly (readonly [pattern: string, sizes: Record<string, number>, message: string])[] = [
      ['[N] -> [N]', {}, "rearrange '[N] -> [N]': [N] was given [6, 4]: its rank must be 1, got 2"],
      [
        '[B*T, C] -> [B, T, C]',
        {},
        "rearrange '[B*T, C] -> [B, T, C]': [B*T, C] was given [6, 4]: dimension 0, B*T, must have one unknown label, got B and T: give a size",
      ],
      [
        '[B*T, C] -> [B, T, C]',
        { T: 4 },
        "rearrange '[B*T, C] -> [B, T, C]': [B*T, C] was given [6, 4]: dimension 0, B*T, must be a size with a whole B of at least 1 and T = 4 (from the size given), got 6; bound: T = 4 by the size given",
      ],
      ['[N, C] -> [N]', {}, "rearrange '[N, C] -> [N]': the right side must have every name of the left, got none 'C'"],
      [
        '[N, C] -> [N, C, C]',
        {},
        "rearrange '[N, C] -> [N, C, C]': the right side must have 'C' as often as the left, 1, got 2",
      ],
      ['[N, C] -> X[N], Y[C]', {}, "rearrange '[N, C] -> X[N], Y[C]': each side must be one tensor"],
    ]
    for (const [pattern, sizes, message] of faults)
      it(message, () => {
        expect(() => rearrange(pattern, x, sizes))
          .to.throw(ShapeError)
          .with.property('message', message)
      })

    it('points at a name on the right whose size nothing tells', () => {
      expect(() => rearrange('[N, C] -> [N, C, R]', x))
        .to.throw(SignatureError)
        .with.property(
          'message',
          [
            "signature: the labels of results must be among those of arguments, got 'R'",
            '[N, C] -> [N, C, R]',
            '          ^',
          ].join('\n'),
        )
    })
  })
})
