/** Views of a flat array, for kernels: they read what the references' views read. */
import { expect } from 'chai'
import fc from 'fast-check'
import { cut, regrouped, reordered, repeatedly } from '../../lib/primitives/support/strided'
import { type Shape, sizeOf } from '../../lib/tensor'
import type { Strided } from '../../lib/trace'
import { indices } from '../laws/values'

/** The places that a view reads, in row-major order. */
const places = ({ shape, stride, offset }: Strided): number[] =>
  indices(shape).map(at => at.reduce((sum, i, axis) => sum + i * stride[axis]!, offset))

const size = fc.integer({ min: 1, max: 4 })
/** Views with any strides, those of arrays in some order often among them. */
const views = fc.array(size, { minLength: 1, maxLength: 4 }).chain(shape =>
  fc.record({
    shape: fc.constant(shape),
    stride: fc.oneof(
      fc.array(fc.integer({ min: -9, max: 99 }), { minLength: shape.length, maxLength: shape.length }),
      fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }).map(order => {
        const stride: number[] = []
        let step = 1
        for (const axis of order) {
          stride[axis] = step
          step *= shape[axis]!
        }
        return stride
      }),
      fc.constant(shape.map((_, i) => sizeOf(shape.slice(i + 1)))),
    ),
    offset: fc.nat(9),
  }),
)
/** Another shape of as many elements: prime factors in another order, grouped anyhow. */
const regrouping = (shape: Shape): fc.Arbitrary<number[]> => {
  const primes = shape.flatMap(n => (n === 4 ? [2, 2] : n === 1 ? [] : [n]))
  return fc
    .record({
      order: fc.shuffledSubarray([...primes.keys()], { minLength: primes.length }),
      cuts: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
    })
    .map(({ order, cuts }) =>
      order.reduce<number[]>((groups, at, i) => {
        const last = groups.at(-1)
        if (cuts[i] || last === undefined) return [...groups, primes[at]!]
        return [...groups.slice(0, -1), last * primes[at]!]
      }, []),
    )
}

describe('A view for kernels', () => {
  it('under another shape reads the same places in the same order, or there is none', () => {
    let found = 0
    fc.assert(
      fc.property(
        views.chain(x => fc.record({ x: fc.constant(x), shape: regrouping(x.shape) })),
        ({ x, shape }) => {
          const y = regrouped(x, shape)
          if (!y) return
          found++
          expect(y.shape).to.deep.equal(shape)
          expect(places(y)).to.deep.equal(places(x))
        },
      ),
      { numRuns: 1000 },
    )
    expect(found, 'views found').to.be.above(200)
  })
  it('of what lies in row-major order is there for every shape', () =>
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 4 }).chain(shape => fc.record({ from: fc.constant(shape), to: regrouping(shape) })),
        ({ from, to }) => {
          const x = { shape: from, stride: from.map((_, i) => sizeOf(from.slice(i + 1))), offset: 3 }
          expect(places(regrouped(x, to)!)).to.deep.equal(places(x))
        },
      ),
    ))
  it('is not there where axes are no neighbours', () => {
    const transposed = { shape: [2, 3], stride: [1, 2], offset: 0 }
    expect(regrouped(transposed, [6])).to.equal(undefined)
    expect(regrouped(transposed, [3, 2])).to.equal(undefined)
    expect(regrouped(transposed, [2, 1, 3])).to.deep.include({ stride: [1, 0, 2] })
  })
  it('is a part, another order, or repeats', () => {
    const x = { shape: [2, 3], stride: [3, 1], offset: 1 }
    expect(places(cut(x, 1, 1, 3))).to.deep.equal([2, 3, 5, 6])
    expect(places(reordered(x, [1, 0]))).to.deep.equal([1, 4, 2, 5, 3, 6])
    expect(places(repeatedly({ shape: [1, 2], stride: [7, 1], offset: 0 }, [2, 2, 2]))).to.deep.equal([
      0, 1, 0, 1, 0, 1, 0, 1,
    ])
  })
})
