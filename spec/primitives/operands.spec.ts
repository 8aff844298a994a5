/** What holds for the operands of every primitive, and for axes wherever they are named. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  argmax,
  broadcastTo,
  concat,
  cumsum,
  max,
  mean,
  pad,
  permute,
  primitives,
  reshape,
  roll,
  slice,
  split,
  sum,
  transpose,
} from '../../lib/primitives'
import * as operations from '../../lib/primitives'
import { ShapeError, type Tensor, UserError } from '../../lib/tensor'
import { cases } from '../laws/primitives'
import { expectSame, operandsOf } from '../laws/values'

const others: readonly (readonly [value: unknown, says: string])[] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [3, '3'],
  ['x', "'x'"],
  [[1, 2], 'a list'],
  [{ shape: [2] }, 'a record'],
  [new Float32Array(2), 'a Float32Array'],
  [() => 1, 'a function'],
]

describe('A primitive that is given something else than a tensor', () => {
  for (const [name, calls] of Object.entries(cases))
    it(`says of ${name} which operand it is`, () =>
      fc.assert(
        fc.property(calls, fc.nat(), fc.constantFrom(...others), (call, pick, [value, says]) => {
          const xs = operandsOf(call.operands, 1, 'float32')
          const at = pick % xs.length
          fc.pre(!(name === 'attentionGradient' && at === 6 && value === undefined)) // a mask may be left out
          const given = xs.map((x, i) => (i === at ? (value as Tensor) : x))
          expect(() => call.f(...given))
            .to.throw(ShapeError)
            .with.property('message')
            .that.matches(new RegExp(`^\\w+: operand ${at} must be a tensor, got ${says}$`))
        }),
      ))
  it('says so of what is made of primitives, too', () => {
    const x = 'x' as unknown as Tensor
    expect(() => mean(x, [0])).to.throw(ShapeError, "sum: operand 0 must be a tensor, got 'x'")
    expect(() => transpose(x)).to.throw(ShapeError, "transpose: operand 0 must be a tensor, got 'x'")
    expect(() => split(x, 0, [1])).to.throw(ShapeError, "split: operand 0 must be a tensor, got 'x'")
  })
})

describe('A primitive that is given more than it takes', () => {
  for (const name of Object.keys(primitives) as (keyof typeof primitives)[])
    it(`refuses it: ${name}`, () => {
      const f = operations[name] as unknown as (...args: unknown[]) => unknown
      const xs = operandsOf(Array(10).fill({ shape: [2, 2], range: 'any' }), 1, 'float32')
      expect(() => f(...xs))
        .to.throw(UserError)
        .with.property('message')
        .that.matches(new RegExp(`^${name}: the arguments must be \\d at most, got 10$`))
    })
})

describe('An axis that is counted from the end', () => {
  const drawn = fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    .chain(shape => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1), seed: fc.nat() }))
  /** What an operation makes along an axis, whichever way it is counted. */
  const same = (f: (x: Tensor, axis: number) => Tensor): void =>
    fc.assert(
      fc.property(drawn, ({ shape, axis, seed }) => {
        const [x] = operandsOf([{ shape, range: 'any' }], seed, 'float64') as [Tensor]
        expectSame(f(x, axis - shape.length), f(x, axis), `axis ${axis}`)
      }),
    )
  const all: Readonly<Record<string, (x: Tensor, axis: number) => Tensor>> = {
    sum: (x, a) => sum(x, [a]),
    max: (x, a) => max(x, [a]),
    mean: (x, a) => mean(x, [a]),
    argmax,
    concat: (x, a) => concat(a, x, x),
    cumsum,
    pad: (x, a) => pad(x, a, 1, 2),
    roll: (x, a) => roll(x, a, 1),
    slice: (x, a) => slice(x, a, 0, 1),
    split: (x, a) => split(x, a, [x.shape.at(a)!])[0],
    permute: (x, a) => {
      const rank = x.shape.length
      return permute(x, [a, ...[...x.shape.keys()].filter(b => b !== (a + rank) % rank)])
    },
  }
  for (const [name, f] of Object.entries(all)) it(`is the same one: ${name}`, () => same(f))
})

describe('A shape', () => {
  it('is looked at, not kept: changing it afterwards changes nothing', () => {
    const [x] = operandsOf([{ shape: [2, 3], range: 'any' }], 1, 'float64') as [Tensor]
    const shape = [3, 2]
    const y = reshape(x, shape)
    const repeated = [4, 2, 3]
    const z = broadcastTo(x, repeated)
    shape[0] = repeated[0] = 9
    expect([y.shape, z.shape]).to.deep.equal([
      [3, 2],
      [4, 2, 3],
    ])
  })
})
