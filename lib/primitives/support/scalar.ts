import { full, type Tensor, UserError } from '../../tensor'
import { describe, typeOfOperand } from '../../trace'

/** A number as the second operand of an operation on a tensor: a scalar of its type. Throws UserError where it is no number.
 *  @param who the operation, for the message */
export const scalarFor = (who: string, x: Tensor, c: number): Tensor<[]> => {
  const dtype = typeOfOperand(who, 0, x)
  if (typeof c !== 'number') throw new UserError(`${who}: the second argument must be a number, got ${describe(c)}`)
  return full(c, [], dtype)
}
