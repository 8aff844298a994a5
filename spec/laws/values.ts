/** What the laws are tried on: numbers, how they lie in storage, and how results are compared. */
import { expect } from 'chai'
import fc from 'fast-check'
import ndarray from 'ndarray'
import {
  type DType,
  dtypeOf,
  flat,
  fromArray,
  over,
  randomStream,
  type Real,
  type Shape,
  sizeOf,
  storage,
  type Tensor,
} from '../../lib/tensor'
import { entries } from '../../lib/trace'

/** The numbers that an operation is tried on; 'distinct' ones lie at least 0.05 apart, 'few' are often equal, 'small' ones
 *  keep functions of functions from becoming steep. */
export type Range = 'any' | 'small' | 'positive' | 'nonzero' | 'distinct' | 'few'

export interface Operand {
  readonly shape: Shape
  readonly range: Range
}

/** Numbers for an operand. All are float32 numbers, so that both element types start from the same values. */
export const numbers = ({ shape, range }: Operand, stream: () => number): number[] => {
  const n = sizeOf(shape)
  const draw: Record<Range, (i: number) => number> = {
    any: () => 4 * stream() - 2,
    small: () => stream() - 0.5,
    positive: () => 0.5 + 2 * stream(),
    nonzero: () => (stream() < 0.5 ? -1 : 1) * (0.5 + 1.5 * stream()),
    distinct: i => 0.1 * (i - n / 2) + 0.05 * stream(),
    few: () => Math.floor(3 * stream()),
  }
  const values = Array.from({ length: n }, (_, i) => Math.fround(draw[range](i)))
  return values
    .map(v => ({ v, at: stream() }))
    .sort((a, b) => a.at - b.at)
    .map(({ v }) => v)
}

/** Operands drawn from a seed, each in its own storage in row-major order. */
export const operandsOf = (operands: readonly Operand[], seed: number, dtype: DType): Tensor[] =>
  operands.map((operand, i) => fromArray(numbers(operand, randomStream(seed, i)), operand.shape, dtype))

/** A tensor of float32, drawn from a seed. */
export const drawn = (shape: Shape, seed = 1): Tensor => operandsOf([{ shape, range: 'any' }], seed, 'float32')[0]!

// ---- layouts ---------------------------------------------------------------------------------------------------------

/** How the elements of a tensor may lie in storage. */
export interface Layout {
  /** The axes from the slowest to the fastest. */
  readonly order: readonly number[]
  /** For each axis: its step through storage (negative: backwards), gaps around it, and whether it repeats (stride 0). */
  readonly axes: readonly {
    readonly step: number
    readonly before: number
    readonly after: number
    readonly repeat: boolean
  }[]
}

export const layouts = (rank: number): fc.Arbitrary<Layout> => {
  const axes = [...Array(rank).keys()]
  const axis = fc.record({
    step: fc.constantFrom(1, -1, 2, -2),
    before: fc.nat(2),
    after: fc.nat(2),
    repeat: fc.nat(4).map(n => n === 4),
  })
  return fc.record({
    order: fc.shuffledSubarray(axes, { minLength: rank }),
    axes: fc.array(axis, { minLength: rank, maxLength: rank }),
  })
}

/** A view of a tensor's elements under another layout, in fresh storage whose gaps hold NaN. Axes that repeat take the
 *  elements at their first index. */
export const laidOut = (x: Tensor, { order, axes }: Layout): Tensor => {
  const once = x.hi(...x.shape.map((n, i) => (axes[i]!.repeat ? 1 : n)))
  const room = order.map(i => once.shape[i]! * Math.abs(axes[i]!.step) + axes[i]!.before + axes[i]!.after)
  const data = storage(sizeOf(room), dtypeOf(x)).fill(NaN)
  const inverse = order.map((_, i) => order.indexOf(i))
  const place = over(data, room)
    .lo(...order.map(i => axes[i]!.before))
    .hi(...order.map(i => once.shape[i]! * Math.abs(axes[i]!.step)))
    .step(...order.map(i => axes[i]!.step))
    .transpose(...inverse)
  indices(once.shape).forEach(at => place.set(...at, once.get(...at)))
  const stride = place.stride.map((s, i) => (axes[i]!.repeat ? 0 : s))
  return ndarray<Real>(data, [...x.shape], stride, place.offset)
}

/** Every index of a shape, in row-major order. */
export const indices = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap(at => Array.from({ length: n }, (_, i) => [...at, i])), [[]])

/** The elements in row-major order, read one by one. */
export const elements = (x: Tensor): number[] => indices(x.shape).map(at => x.get(...at))

// ---- comparison ------------------------------------------------------------------------------------------------------

/** Same shape, same element type, same bits. */
export const expectSame = (actual: Tensor, expected: Tensor, what: string): void =>
  expectClose(actual, expected, 0, what)

/** Trees of the same tensors under the same paths. */
export const expectSameTree = (found: unknown, expected: unknown): void => {
  const by = new Map(entries(expected))
  const all = entries(found)
  expect(all.map(([path]) => path)).to.deep.equal([...by.keys()])
  all.forEach(([path, x]) => expectSame(x, by.get(path)!, path))
}

/** Same shape, same element type, and |actual − expected| ≤ tolerance · max(1, max |expected|); a tolerance of 0 asks for
 *  the same bits. */
export const expectClose = (actual: Tensor, expected: Tensor, tolerance: number, what: string): void => {
  expect(actual.shape, `${what}: shape`).to.deep.equal(expected.shape)
  expect(dtypeOf(actual), `${what}: element type`).to.equal(dtypeOf(expected))
  expectNear(flat(actual), flat(expected), tolerance, what)
}

export const expectNear = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string): void => {
  const scale = Array.from(b).reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 1)
  const near = (x: number, y: number): boolean => Object.is(x, y) || Math.abs(x - y) <= (tolerance || -1) * scale
  const at = Array.from(b).findIndex((v, i) => !near(a[i]!, v))
  expect(at, at < 0 ? what : `${what}: element ${at} is ${a[at]}, but ${b[at]} is expected`).to.equal(-1)
}

/** The whole storage of tensors, gaps included, to compare later. */
export const snapshot = (xs: readonly Tensor[]): Real[] => xs.map(x => x.data.slice())
