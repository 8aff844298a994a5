import { dtypeOf, full, type Tensor } from '../tensor'
import { anything, optional, real, strict } from '../tensor/given'
import { operand } from '../trace'
import { concatAll } from './concat'
import { checkAxis, fromStart } from './support/axes'
import { unchanged } from './support/unchanged'
import { wholeNumbers } from './support/whole-numbers'

const operands = { x: anything, axis: anything, before: anything, after: anything, value: optional(real) }

/** A tensor between so many elements of one value before and after it along an axis (−1: the last). Throws ShapeError for an axis
 *  that is not there, and for numbers of elements that are none. */
export const pad = strict(
  'pad',
  operands,
  (x: Tensor, axis: number, before: number, after: number, value = 0): Tensor => {
    const { shape } = operand('pad', 0, x)
    const along = fromStart(axis, shape)
    checkAxis('pad', along, shape)
    wholeNumbers('pad', { before, after }, 0)
    const values = (n: number): Tensor[] => {
      const part = shape.map((size, i) => (i === along ? n : size))
      return n > 0 ? [full(value, part, dtypeOf(x))] : []
    }
    const parts = [...values(before), x, ...values(after)]
    return parts.length > 1 ? concatAll(along, parts) : unchanged('pad', x)
  },
)
