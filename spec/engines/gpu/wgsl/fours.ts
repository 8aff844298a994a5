/** Laws of kernels that have four elements at once where these lie side by side, for any tiling, on an adapter in software. */
import fc from 'fast-check'
import {
  add,
  type Engine,
  type GpuHandle,
  matmul,
  mul,
  permute,
  scale,
  slice,
  type Tensor,
  transpose,
} from '../../../../lib'
import { runOn } from '../../../laws/gpu'
import { expectSame } from '../../../laws/values'
import { wholeNumbers } from './products'

/** Sizes that four divides, and others. */
const size = (most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: 1, max: most / 4 }).map(n => 4 * n), fc.integer({ min: 1, max: most })) // prettier-ignore
/** What of an operand lies before and after its part that is multiplied. */
const around = fc.constantFrom<[number, number][]>([0, 0], [0, 1], [1, 0], [1, 3], [4, 4])
const shapes = fc.record({
  Z: fc.integer({ min: 1, max: 3 }),
  M: size(24),
  K: size(24),
  N: size(24),
  around: fc.tuple(around, around),
  /** Whether an operand is given transposed. */
  turned: fc.tuple(fc.boolean(), fc.boolean()),
  /** Whether a result is transposed: its neighbours lie apart. */
  apart: fc.boolean(),
})
type Case = typeof shapes extends fc.Arbitrary<infer T> ? T : never

/** The last two axes of `[from + rows, columns]`, given so or transposed, from a row on. */
const part = (x: Tensor, axis: number, from: number, length: number, turned: boolean): Tensor => {
  const cut = slice(x, turned ? 3 - axis : axis, from, from + length)
  return turned ? transpose(cut) : cut
}

/** A product, and what follows it: a bias for each column, one for each row, and its rows and columns in another order; and a map
 *  of a part. */
const productOf =
  ({ M, N, around: [[above], [before]], turned: [a, b], apart }: Case) =>
  (A: Tensor, B: Tensor, column: Tensor, row: Tensor): readonly Tensor[] => {
    const left = part(A, 1, above, M, a)
    const Y = matmul(left, part(B, 2, before, N, b))
    const biased = add(Y, column)
    return [
      Y,
      mul(biased, biased),
      permute(add(scale(Y, 2), row), [1, 0, 2]),
      mul(left, scale(left, 2)),
      ...(apart ? [transpose(scale(biased, 3))] : []),
    ]
  }

/** The columns of the one operand lie side by side, and so do the rows of the other, though they begin or end elsewhere. */
const example: Omit<Case, 'around'> = { Z: 2, M: 8, K: 4, N: 8, turned: [true, false], apart: false }
const examples = ([3, 1] as const).map((after): [Case] => [{ ...example, around: [[after === 3 ? 1 : 0, after], [0, 0]] }]) // prettier-ignore

export const itHasFours = (engine: () => Engine<GpuHandle>, numRuns: number): unknown =>
  it('have sizes, layouts and parts of all kinds, whether four divides them or not', () =>
    fc.assert(
      fc.asyncProperty(shapes, async of => {
        const { Z, M, K, N, around, turned } = of
        const [a, b] = turned
        const [rows, columns] = around.map(([before, after], i) => before + (i === 0 ? M : N) + after) as [
          number,
          number,
        ]
        const xs = [
          wholeNumbers(a ? [Z, K, rows] : [Z, rows, K], 1),
          wholeNumbers(b ? [Z, columns, K] : [Z, K, columns], 2),
          wholeNumbers([N], 3),
          wholeNumbers([M, 1], 4),
        ] as const
        const f = productOf(of) as (...given: readonly Tensor[]) => readonly Tensor[]
        const [found, expected] = [await runOn(engine(), f, ...xs), f(...xs)]
        expected.forEach((y, i) => expectSame(found[i]!, y, `result ${i} of ${JSON.stringify(of)}`))
      }),
      { numRuns, examples },
    )).timeout(300_000)
