import { dtypeOf, flat, over, ShapeError, sizeOf, storage, type Tensor, UserError } from '../tensor'
import { apply, operation, type Primitive, typed } from '../trace'
import { oneHot } from './equal'
import { matmul } from './matmul'
import { transpose } from './permute'
import { reshape } from './reshape'
import { along } from './support/parts'

const INT64 = 7 // ONNX's number for the type

/** Rows of zeros with a 1 at each index: `[N, K]`. */
const selection = (indices: Tensor, K: number): Tensor => oneHot(reshape(indices, [sizeOf(indices.shape)]), K)

/** The rows of a matrix at some indices, as of an embedding: y[i, …] = table[indices[i]].
 *  ∂table = Sᵀ·Ȳ, where S has a row for every index, with a 1 at it; the indices have no derivative.
 *  Differs on cpu and webasm: it is a product with rows of 0 and 1, where NaN or ±∞ anywhere in a column of the table makes all of
 *  that column NaN, but for ±∞ itself. */
const primitive: Primitive = {
  name: 'gather',
  shape: (_, table, indices) => {
    if (table.length !== 2) throw new ShapeError(`gather: the table must be a matrix, got [${table.join(', ')}]`)
    return [...indices, table[1]!]
  },
  reference: (_, table, indices) => {
    const [K, C] = table.shape as [number, number]
    const [from, at] = [flat(table), flat(indices)]
    const to = storage(at.length * C, dtypeOf(table))
    at.forEach((k, i) => {
      if (!Number.isInteger(k) || k < 0 || k >= K)
        throw new UserError(`gather: the indices must be whole numbers from 0 to ${K - 1}, got ${k}`)
      to.set(from.subarray(k * C, (k + 1) * C), i * C)
    })
    return over(to, [...indices.shape, C])
  },
  vjp: (_, ct, _y, table, indices) => {
    const [K, C] = table.shape as [number, number]
    const rows = reshape(ct, [sizeOf(indices.shape), C])
    return [matmul(transpose(selection(indices, K)), rows), null]
  },
  flops: () => 0,
  // A negative index would count from the end: one that is too large is refused.
  onnx: (_, table) => {
    const refused = { op: 'Where', inputs: [{ op: 'Less', inputs: [1, { scalar: 0 }] }, { scalar: table[0]! }, 1] }
    return { op: 'Gather', inputs: [0, { op: 'Cast', inputs: [refused], attributes: { to: INT64 } }] }
  },
  // An index that is not there has a row of zeros.
  kernel: () => ({
    made: (table, indices) => {
      const [K, C] = table.shape as [number, number]
      return reshape(matmul(selection(indices, K), table), [...indices.shape, C])
    },
  }),
  needs: (_, part, y) => (part.axis === y.length - 1 ? [along(part, 1), null] : [null, part]),
}

/** The rows of a table at indices that are whole numbers from 0 on. Where an index is none of these, the reference and ONNX
 *  Runtime refuse it, and the engine gpu has zeros. Throws ShapeError for a table that is no matrix. */
export const gather = operation(
  primitive,
  typed('table[K, C], indices[...] -> [..., C]', (table, indices) => apply(primitive, {}, table, indices)),
)
