import { broadcast, dtypeOf, repeated, reshaped, type Shape, ShapeError, sizeOf, type Tensor, zeros } from '../tensor'
import { apply, operation, type Primitive, typed } from '../trace'
import { transpose } from './permute'
import { reshape } from './reshape'
import { multiply } from './support/multiply'
import { along, elementwise } from './support/parts'
import { adding } from './support/reduction'
import { unbroadcast } from './support/unbroadcast'

const shape = (_: object, a: Shape, b: Shape): number[] => {
  if (a.length < 2 || b.length < 2)
    throw new ShapeError(`matmul: the operands must be matrices, got [${a.join(', ')}] and [${b.join(', ')}]`)
  if (a.at(-1) !== b.at(-2))
    throw new ShapeError(
      `matmul: the inner sizes must be equal, got ${a.at(-1)} and ${b.at(-2)} in [${a.join(', ')}] by [${b.join(', ')}]`,
    )
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2))
  if (!batch)
    throw new ShapeError(
      `matmul: the sizes before the last two must be equal or 1, got [${a.join(', ')}] by [${b.join(', ')}]`,
    )
  return [...batch, a.at(-2)!, b.at(-1)!]
}

/** All rows of a tensor as one matrix: `[N, S, C'] -> [N*S, C']`. */
const rows = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])

/** Y = A·B for the last two dimensions; the ones before broadcast.  ∂A = Ȳ·Bᵀ, ∂B = Aᵀ·Ȳ, summed over what was
 *  broadcast. For a single B (a weight) that sum is one product: ∂B = rows(A)ᵀ·rows(Ȳ).
 *  Differs on onnx and webasm: sums are made in float32, where those of the largest numbers overflow. */
const primitive: Primitive = {
  name: 'matmul',
  shape,
  reference: (p, a, b) => {
    const y = zeros(shape(p, a.shape, b.shape), dtypeOf(a))
    const [m, n] = y.shape.slice(-2) as [number, number]
    const k = a.shape.at(-1)!
    if (b.shape.length === 2) {
      multiply(reshaped(a, [y.data.length / n, k]), b, y.data, 0)
      return y
    }
    const batch = y.shape.slice(0, -2)
    const [A, B] = [repeated(a, [...batch, m, k]), repeated(b, [...batch, k, n])]
    for (let i = 0, count = sizeOf(batch); i < count; i++) {
      const index = batch.map((size, axis) => Math.floor(i / sizeOf(batch.slice(axis + 1))) % size)
      multiply(A.pick(...index, null, null), B.pick(...index, null, null), y.data, i * m * n)
    }
    return y
  },
  vjp: (_, ct, _y, a, b) =>
    b.shape.length === 2
      ? [matmul(ct, transpose(b)), matmul(transpose(rows(a)), rows(ct))]
      : [unbroadcast(matmul(ct, transpose(b)), a.shape), unbroadcast(matmul(transpose(a), ct), b.shape)],
  flops: (_, y, a) => 2 * sizeOf(y) * a.at(-1)!,
  onnx: () => ({ op: 'MatMul' }),
  kernel: () => ({ product: { ...adding, of: 'x0 * x1' } }),
  needs: (p, part, y, a, b) => {
    if (part.axis === y.length - 2) return [along(part, a.length - 2), null]
    if (part.axis === y.length - 1) return [null, along(part, b.length - 1)]
    return elementwise(p, part, y, a, b)
  },
}

/** The matrix product A·B over the last two dimensions; the ones before broadcast. Throws ShapeError for what is no matrix,
 *  when the inner sizes differ, or those before do not broadcast. */
export const matmul = operation(
  primitive,
  typed('A[..., M, K], B[..., K, N] -> [..., M, N]', (A, B) => apply(primitive, {}, A, B)),
)
