/** The dead-work rewrite: it leaves out operations, and changes no result. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  abstract,
  abstractParameters,
  add,
  cost,
  exp,
  type Graph,
  leaves,
  matmul,
  mul,
  network,
  type Parameters,
  permute,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  total,
  trace,
  valueAndGrad,
  variants,
  withoutDeadWork,
} from '../../lib'
import { tanh } from '../../lib/primitives'
import { lossOf } from '../../lib/training'
import { goldenCases, goldenNetwork } from '../golden'
import { cases } from '../laws/primitives'
import { randomFunction, randomOperands } from '../laws/rewrites'
import { expectClose, expectSameTree, operandsOf } from '../laws/values'

/** A part of a tensor, which may be that of an axis that is split first: every n-th of its positions. */
const partOf = (x: Tensor, axis: number, from: number, to: number, split: boolean): Tensor => {
  const n = x.shape[axis]!
  const divisor = [2, 3].find(d => n % d === 0)
  if (!split || !divisor)
    return slice(x, axis, Math.min(from, n - 1), Math.max(Math.min(from, n - 1) + 1, Math.min(to, n)))
  const digits = reshape(x, [...x.shape.slice(0, axis), n / divisor, divisor, ...x.shape.slice(axis + 1)])
  return slice(digits, axis + 1, 0, 1)
}

/** How often a value is read that none is read more often than. */
const mostReaders = ({ nodes }: Graph): number => {
  const counts = nodes.map(() => 0)
  for (const n of nodes) if (n.kind === 'operation') n.operands.forEach(i => counts[i]!++)
  return Math.max(...counts)
}

describe('Dead work', () => {
  describe('is left out behind every primitive, to the same bits', () => {
    const parts = fc.record({
      axis: fc.nat(3),
      from: fc.nat(2),
      more: fc.nat(2),
      split: fc.boolean(),
      whole: fc.boolean(),
    })
    for (const [name, calls] of Object.entries(cases))
      it(name, () =>
        fc.assert(
          fc.property(calls, fc.nat(), parts, (call, seed, { axis, from, more, split, whole }) => {
            const f = (...xs: Tensor[]): unknown => {
              const y = leaves(call.f(...xs))[0]!
              if (y.shape.length === 0) return y
              const part = partOf(y, axis % y.shape.length, from, from + 1 + more, split)
              return whole ? { part, y } : { part }
            }
            const xs = operandsOf(call.operands, seed, 'float64')
            expectSameTree(withoutDeadWork(f)(...xs), f(...xs))
          }),
          { numRuns: 100 },
        ),
      )
  })

  it('is left out of random functions and their gradients, to the same numbers, and costs no more', () =>
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.nat(3), fc.nat(2), fc.nat(2), fc.boolean()), { minLength: 1, maxLength: 4 }),
        (seed, steps, cuts) => {
          const xs = randomOperands(seed)
          // Parts of the last values, so that of those before there is much that nobody needs.
          const f = (of: readonly Tensor[]): { loss: Tensor<[]>; parts: readonly Tensor[] } => {
            const made = randomFunction(seed, steps)(of).slice(-cuts.length)
            const parts = made.map((y, i) => {
              const [axis, from, more, split] = cuts[i]!
              return y.shape.length === 0 ? y : partOf(y, axis % y.shape.length, from, from + 1 + more, split)
            })
            return { loss: parts.map(y => total(tanh(y))).reduce((a, b) => add(a, b)), parts }
          }
          const less = withoutDeadWork(f)
          const whole = valueAndGrad(f)(xs).gradient
          expectSameTree(less(xs), f(xs))
          // A gradient that nobody has is 0 where 0 times a negative number would be −0. What three readers or more send back
          // is summed in the order in which they come, which is another one where two of them read parts: (a + b) + c is
          // a + (b + c) to rounding alone.
          const tolerance = mostReaders(trace((of: typeof xs) => f(of).loss, xs).graph) > 2 ? 1e-12 : 1e-300
          valueAndGrad(less)(xs).gradient.forEach((g, i) => expectClose(g, whole[i]!, tolerance, `gradient ${i}`))
          const [fewer, all] = [less, f].map(g => cost(g, xs).flops)
          expect(fewer!.products).to.be.at.most(all!.products)
          expect(fewer!.rest).to.be.at.most(all!.rest)
        },
      ),
      { numRuns: 80 },
    ))

  it('is left out through a chain of operations', () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      const y = permute(softmax(mul(x, w)), [1, 0, 2])
      return slice(reshape(add(y, sum(y, [2])), [2, 2, 3, 5]), 1, 0, 1)
    }
    const xs = [abstract([3, 4, 5]), abstract([5])] as const
    const [full, less] = [f, withoutDeadWork(f)].map(g => cost(g, ...xs).flops.rest)
    expect(less).to.equal(full! / 2)
  })

  it('is left out of products, by rows, by columns and by matrices', () => {
    const xs = [abstract([6, 4, 5]), abstract([6, 5, 8])] as const
    const products = (f: (a: Tensor, b: Tensor) => Tensor): number => cost(withoutDeadWork(f), ...xs).flops.products
    const all = 6 * 4 * 8 * 5 * 2
    expect(products(matmul)).to.equal(all)
    for (const axis of [0, 1, 2])
      expect(products((a, b) => slice(matmul(a, b), axis, 0, 2)) * [3, 2, 4][axis]!, `axis ${axis}`).to.equal(all)
    // All at once: 2 of 6 matrices, 2 of 4 rows, 2 of 8 columns.
    const part = (a: Tensor, b: Tensor): Tensor => slice(slice(slice(matmul(a, b), 0, 0, 2), 1, 0, 2), 2, 0, 2)
    expect(products(part)).to.equal(all / 24)
  })

  it('is what no reader needs: of two, what either reads is computed, and of all of it, all', () => {
    const of = (f: (x: Tensor) => unknown): number => cost(withoutDeadWork(f), abstract([8, 3])).flops.rest
    const part = (y: Tensor, from: number, to: number): Tensor => slice(y, 0, from, to)
    expect(of(x => part(exp(x), 2, 4))).to.equal(6)
    expect(of(x => ((y: Tensor) => [part(y, 1, 3), part(y, 2, 5)])(exp(x)))).to.equal(12)
    expect(of(x => ((y: Tensor) => [part(y, 0, 3), part(y, 3, 8)])(exp(x)))).to.equal(24)
    expect(of(x => ((y: Tensor) => [part(y, 1, 3), y])(exp(x)))).to.equal(24)
    // Of the axis as [4, 2] and as [2, 4] different digits are read.
    const digit = (y: Tensor, sizes: readonly [number, number], axis: number): Tensor =>
      slice(reshape(y, [...sizes, 3]), axis, 0, 1)
    expect(of(x => ((y: Tensor) => [digit(y, [4, 2], 1), digit(y, [4, 2], 1)])(exp(x)))).to.equal(12)
    expect(of(x => ((y: Tensor) => [digit(y, [4, 2], 1), digit(y, [2, 4], 1)])(exp(x)))).to.equal(24)
    // Of as many places each: the even positions, and the first half.
    expect(of(x => ((y: Tensor) => [digit(y, [4, 2], 1), digit(y, [2, 4], 0)])(exp(x)))).to.equal(24)
  })

  it('is not left out where positions mix', () => {
    const f = (x: Tensor): Tensor => slice(softmax(x), 1, 0, 1)
    const { graph } = trace(withoutDeadWork(f), abstract([2, 3]))
    expect(graph.nodes.map(n => n.shape)).to.deep.equal([
      [2, 3],
      [2, 3],
      [2, 1],
    ])
  })

  describe('of the network changes no bit of logits, loss and gradients', () => {
    for (const name of goldenCases)
      it(name, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
        const loss = (p: Parameters) => lossOf(config, p, { X, labels })
        expectSameTree(valueAndGrad(withoutDeadWork(loss))(parameters), valueAndGrad(loss)(parameters))
      })
  })

  it('keeps second derivatives', () => {
    const f = (x: Tensor): Tensor<[]> => total(slice(mul(mul(x, x), x), 1, 0, 2))
    const twice = (g: typeof f) => (x: Tensor) => {
      const { gradient } = valueAndGrad(g)(x)
      return total(mul(gradient, gradient))
    }
    const [x] = operandsOf([{ shape: [3, 4], range: 'any' }], 1, 'float64') as [Tensor]
    const [less, full] = [withoutDeadWork(f), f].map(g => valueAndGrad(twice(g))(x).gradient)
    expectClose(less!, full!, 1e-14, 'the second derivative')
  })

  it('is a quarter of CSTransformer-V2: 348.2 GFLOPs become 261.9 (decision D6)', () => {
    const config = variants.V2
    const X = abstract([1, 3, 8, 224, 224]) as Tensor<['B', 'C', 'T', 'H', 'W']>
    const f = (p: Parameters, x: typeof X): Tensor => network(config, p, x)
    const [full, less] = [f, withoutDeadWork(f)].map(g => cost(g, abstractParameters(config), X).flops.products / 1e9)
    expect(full).to.be.closeTo(348.2, 0.05)
    expect(less).to.be.closeTo(261.9, 0.05)
  })
})
