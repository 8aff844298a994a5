import type { Labels, Tensor } from '../tensor'
import { strict } from '../tensor/given'
import { operand } from '../trace'
import { concatAll } from './concat'
import { slice } from './slice'
import { checkAxis, fromStart } from './support/axes'
import { unchanged } from './support/unchanged'
import { wholeNumbers } from './support/whole-numbers'

/** The elements moved on by some places along an axis (−1: the last); those that leave it at one end come in at the other.
 *  Throws ShapeError for an axis that is not there, and for a shift that is no whole number. */
export const roll = strict('roll', <S extends Labels>(x: Tensor<S>, axis: number, shift: number): Tensor<S> => {
  const { shape } = operand('roll', 0, x)
  const along = fromStart(axis, shape)
  checkAxis('roll', along, shape)
  wholeNumbers('roll', { shift })
  const n = shape[along]!
  const first = n - (((shift % n) + n) % n)
  return first === n
    ? unchanged('roll', x)
    : concatAll(along, [slice(x as Tensor, along, first, n), slice(x as Tensor, along, 0, first)])
})
