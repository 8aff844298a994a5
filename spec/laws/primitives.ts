/** A way to call every primitive, for the laws. A primitive without one does not compile. */
import fc from 'fast-check'
import {
  add,
  broadcastTo,
  concatAll,
  div,
  equal,
  erf,
  exp,
  gelu,
  layerNorm,
  log,
  matmul,
  max,
  mul,
  permute,
  type PrimitiveName,
  reshape,
  slice,
  softmax,
  sqrt,
  sub,
  sum,
} from '../../lib/primitives'
import { type Shape, sizeOf, type Tensor } from '../../lib/tensor'
import { type Case } from './laws'
import { type Range } from './values'

const size = fc.integer({ min: 1, max: 4 })
const shapes = (least = 0): fc.Arbitrary<number[]> => fc.array(size, { minLength: least, maxLength: 4 })
/** The axes of a shape, in order. */
const axesOf = (shape: Shape): number[] => [...shape.keys()]

/** A shape of which some dimensions are 1 and some of the first ones missing: it broadcasts to the whole. */
const partOf = (whole: Shape): fc.Arbitrary<number[]> =>
  fc
    .record({ lead: fc.nat(whole.length), ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) })
    .map(({ lead, ones }) => whole.map((n, i) => (ones[i] ? 1 : n)).slice(lead))
const broadcastShapes = shapes().chain(whole => fc.tuple(partOf(whole), partOf(whole)))

const unary = (f: (x: Tensor) => Tensor, range: Range = 'any', least = 0): Case =>
  shapes(least).map(shape => ({ f, operands: [{ shape, range }] }))

const binary = (f: (a: Tensor, b: Tensor) => Tensor, range: Range, second: Range = range): Case =>
  broadcastShapes.map(([a, b]) => ({
    f,
    operands: [
      { shape: a, range },
      { shape: b, range: second },
    ],
  }))

const reduction = (f: (x: Tensor, axes: readonly number[]) => Tensor, range: Range): Case =>
  shapes()
    .chain(shape => fc.record({ shape: fc.constant(shape), axes: fc.shuffledSubarray(axesOf(shape)) }))
    .map(({ shape, axes }) => ({ f: x => f(x, axes), operands: [{ shape, range }] }))

export const cases: Readonly<Record<PrimitiveName, Case>> = {
  add: binary(add, 'any'),
  broadcastTo: shapes().chain(to =>
    partOf(to).map(shape => ({ f: x => broadcastTo(x, to), operands: [{ shape, range: 'any' }] })),
  ),
  concat: shapes(1)
    .chain(shape =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.nat(shape.length - 1),
        lengths: fc.array(size, { minLength: 1, maxLength: 3 }),
      }),
    )
    .map(({ shape, axis, lengths }) => ({
      f: (...xs) => concatAll(axis, xs),
      operands: lengths.map(n => ({ shape: shape.map((m, i) => (i === axis ? n : m)), range: 'any' })),
    })),
  div: binary(div, 'any', 'nonzero'),
  equal: binary(equal, 'few'),
  erf: unary(erf),
  exp: unary(exp),
  gelu: unary(gelu),
  layerNorm: shapes(1).map(shape => ({
    f: layerNorm,
    operands: [
      { shape, range: 'distinct' },
      { shape: shape.slice(-1), range: 'any' },
      { shape: shape.slice(-1), range: 'any' },
    ],
  })),
  log: unary(log, 'positive'),
  matmul: fc
    .record({
      batch: fc.array(size, { maxLength: 2 }).chain(b => fc.tuple(partOf(b), partOf(b))),
      m: size,
      k: size,
      n: size,
    })
    .map(({ batch: [a, b], m, k, n }) => ({
      f: matmul,
      operands: [
        { shape: [...a, m, k], range: 'any' },
        { shape: [...b, k, n], range: 'any' },
      ],
    })),
  max: reduction(max, 'distinct'),
  mul: binary(mul, 'any'),
  permute: shapes()
    .chain(shape =>
      fc.record({ shape: fc.constant(shape), axes: fc.shuffledSubarray(axesOf(shape), { minLength: shape.length }) }),
    )
    .map(({ shape, axes }) => ({ f: x => permute(x, axes), operands: [{ shape, range: 'any' }] })),
  reshape: shapes()
    .chain(shape => fc.record({ shape: fc.constant(shape), axes: fc.shuffledSubarray(axesOf(shape)), ones: fc.nat(2) }))
    .map(({ shape, axes, ones }) => {
      // Some dimensions merge into one that comes last; a few ones go before it.
      const kept = shape.filter((_, i) => !axes.includes(i))
      const to = [...kept, ...Array<number>(ones).fill(1), sizeOf(axes.map(i => shape[i]!))]
      return { f: x => reshape(x, to), operands: [{ shape, range: 'any' }] }
    }),
  slice: shapes(1)
    .chain(shape =>
      fc.nat(shape.length - 1).chain(axis => {
        const ends = fc.tuple(fc.nat(shape[axis]! - 1), fc.nat(shape[axis]! - 1))
        return fc.record({ shape: fc.constant(shape), axis: fc.constant(axis), ends })
      }),
    )
    .map(({ shape, axis, ends }) => ({
      f: x => slice(x, axis, Math.min(...ends), Math.max(...ends) + 1),
      operands: [{ shape, range: 'any' }],
    })),
  softmax: unary(softmax, 'any', 1),
  sqrt: unary(sqrt, 'positive'),
  sub: binary(sub, 'any'),
  sum: reduction(sum, 'any'),
}
