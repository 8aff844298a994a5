/** A way to call every primitive, for the laws. A primitive without one does not compile. */
import fc from 'fast-check'
import {
  abs,
  add,
  argmax,
  attentionGradient,
  broadcastTo,
  concatAll,
  cos,
  cumsum,
  div,
  equal,
  erf,
  exp,
  fusedAttention,
  fusedMaskedAttention,
  gather,
  gelu,
  greater,
  layerNorm,
  log,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  pad,
  permute,
  pow,
  type PrimitiveName,
  relu,
  reshape,
  roll,
  sigmoid,
  sin,
  slice,
  softmax,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
  where,
} from '../../lib/primitives'
import { dtypeOf, fromArray, full, isTensor, type Shape, sizeOf, type Tensor } from '../../lib/tensor'
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

/** Sums over so many rows that ONNX Runtime is given a product. */
const manyRows: Case = fc
  .record({
    rows: fc.tuple(fc.constantFrom(8, 9), fc.constantFrom(8, 9)),
    of: fc.tuple(size, size),
    axes: fc.subarray([0, 1, 2, 3]),
  })
  .map(({ rows, of, axes }) => ({ f: x => sum(x, axes), operands: [{ shape: [...rows, ...of], range: 'any' }] }))

/** A shape with one of its axes. */
const shapeWithAxis = shapes(1).chain(shape => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }))
const alongAxis = (f: (x: Tensor, axis: number) => Tensor, range: Range): Case =>
  shapeWithAxis.map(({ shape, axis }) => ({ f: x => f(x, axis), operands: [{ shape, range }] }))
/** Constants of the type of an operand. */
const zeroLike = (x: Tensor): Tensor => full(0, [], isTensor(x) ? dtypeOf(x) : 'float32')

/** Whole exponents for numbers of both signs, others for positive ones. */
const exponents = fc.constantFrom<readonly [number, Range]>(
  ...[-9, -2, -1, 0, 1, 2, 3, 8, 9, 10].map(c => [c, 'nonzero'] as const),
  ...[-1.5, 0.5, 2.5].map(c => [c, 'positive'] as const),
)

/** Sizes of attention, in so many matrices, and the shape of a mask, if there is one. */
const attentionSizes = fc
  .record({
    batch: fc.array(size, { maxLength: 2 }),
    S: fc.integer({ min: 1, max: 6 }),
    M: fc.integer({ min: 1, max: 6 }),
    d: size,
    e: size,
    scale: fc.constantFrom(1, 0.5, -0.25),
  })
  .chain(sizes => {
    const { batch, S, M } = sizes
    const shape = fc.constantFrom<Shape>([], [M], [S, 1], [S, M], [...batch.map(() => 1), S, M], [...batch, S, M])
    return fc.option(shape, { nil: undefined }).map(mask => ({ ...sizes, masks: mask ? [mask] : [] }))
  })

export const cases: Readonly<Record<PrimitiveName, Case>> = {
  abs: unary(abs, 'nonzero'),
  add: binary(add, 'any'),
  argmax: alongAxis(argmax, 'distinct'),
  attentionGradient: fc
    .record({ of: fc.constantFrom('queries' as const, 'keys' as const), sizes: attentionSizes })
    .map(({ of, sizes: { batch, S, M, d, e, scale, masks } }) => ({
      f: (Q, K, V, C, L, D, mask) => attentionGradient(of, scale, Q, K, V, C, L, D, mask),
      operands: [
        [S, d],
        [M, d],
        [M, e],
        [S, e],
        [S, 1],
        [S, 1],
      ]
        .map((matrix): Shape => [...batch, ...matrix])
        .concat(masks)
        .map(shape => ({ shape, range: 'any' })),
    })),
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
  cos: unary(cos),
  cumsum: alongAxis(cumsum, 'any'),
  div: binary(div, 'any', 'nonzero'),
  equal: binary(equal, 'few'),
  erf: unary(erf),
  exp: unary(exp),
  fusedAttention: attentionSizes.map(({ batch, S, M, d, e, scale, masks }) => ({
    f: (Q, K, V, ...mask) =>
      mask.length > 0 ? fusedMaskedAttention(Q, K, V, mask[0]!, scale) : fusedAttention(Q, K, V, scale),
    operands: [
      [S, d],
      [M, d],
      [M, e],
    ]
      .map((matrix): Shape => [...batch, ...matrix])
      .concat(masks)
      .map(shape => ({ shape, range: 'any' })),
  })),
  // The indices are whole numbers, which derivatives do not move.
  gather: fc.record({ K: size, C: size, shape: shapes() }).chain(({ K, C, shape }) =>
    fc.array(fc.nat(K - 1), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map(at => ({
      f: table => gather(table, fromArray(at, shape, isTensor(table) ? dtypeOf(table) : 'float32')),
      operands: [{ shape: [K, C], range: 'any' }],
    })),
  ),
  gelu: unary(gelu),
  greater: binary(greater, 'any'),
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
  maximum: binary(maximum, 'any'),
  minimum: binary(minimum, 'any'),
  mul: binary(mul, 'any'),
  permute: shapes()
    .chain(shape =>
      fc.record({ shape: fc.constant(shape), axes: fc.shuffledSubarray(axesOf(shape), { minLength: shape.length }) }),
    )
    .map(({ shape, axes }) => ({ f: x => permute(x, axes), operands: [{ shape, range: 'any' }] })),
  pow: fc
    .record({ shape: shapes(), exponent: exponents })
    .map(({ shape, exponent: [c, range] }) => ({ f: x => pow(x, c), operands: [{ shape, range }] })),
  relu: unary(relu, 'nonzero'),
  reshape: shapes()
    .chain(shape => fc.record({ shape: fc.constant(shape), axes: fc.shuffledSubarray(axesOf(shape)), ones: fc.nat(2) }))
    .map(({ shape, axes, ones }) => {
      // Some dimensions merge into one that comes last; a few ones go before it.
      const kept = shape.filter((_, i) => !axes.includes(i))
      const to = [...kept, ...Array<number>(ones).fill(1), sizeOf(axes.map(i => shape[i]!))]
      return { f: x => reshape(x, to), operands: [{ shape, range: 'any' }] }
    }),
  sigmoid: unary(sigmoid),
  sin: unary(sin),
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
  // What no gradient goes through is constant here: central differences would see through it.
  stopGradient: unary(x => mul(x, stopGradient(greater(x, zeroLike(x)))), 'nonzero'),
  sub: binary(sub, 'any'),
  sum: fc.oneof({ weight: 4, arbitrary: reduction(sum, 'any') }, { weight: 1, arbitrary: manyRows }),
  tanh: unary(tanh),
  // The condition is away from 0, where a choice would jump.
  where: shapes()
    .chain(whole => fc.tuple(partOf(whole), partOf(whole), partOf(whole)))
    .map(([c, a, b]) => ({
      f: (condition, x, y) => where(greater(condition, zeroLike(condition)), x, y),
      operands: [
        { shape: c, range: 'nonzero' },
        { shape: a, range: 'any' },
        { shape: b, range: 'any' },
      ],
    })),
}

/** What is made of primitives alone, by its name. */
export const composites: Readonly<Record<string, Case>> = {
  mean: reduction(mean, 'any'),
  pad: fc
    .record({ of: shapeWithAxis, before: fc.nat(2), after: fc.nat(2), value: fc.constantFrom(0, -1) })
    .map(({ of: { shape, axis }, before, after, value }) => ({
      f: x => pad(x, axis, before, after, value),
      operands: [{ shape, range: 'any' }],
    })),
  roll: fc
    .record({ of: shapeWithAxis, shift: fc.integer({ min: -9, max: 9 }) })
    .map(({ of: { shape, axis }, shift }) => ({ f: x => roll(x, axis, shift), operands: [{ shape, range: 'any' }] })),
}
