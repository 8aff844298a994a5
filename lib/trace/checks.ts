/** What every operation asks of what it is given, and says where it is something else. */
import { type DType, DTypeError, isTensor, type Shape, ShapeError, shown, type Tensor } from '../tensor'

/** A value in words, for messages. */
export const describe = (x: unknown): string => {
  if (isTensor(x)) return `a tensor of shape [${x.shape.join(', ')}]`
  return Array.isArray(x) ? 'a list' : x === undefined ? 'undefined' : shown(x)
}

/** An operand, by its position. Throws ShapeError where it is no tensor. */
export const operand = (who: string, position: number, x: Tensor): Tensor => {
  if (!isTensor(x)) throw new ShapeError(`${who}: operand ${position} must be a tensor, got ${describe(x)}`)
  return x
}

/** The element type of an operand. Throws ShapeError for what is no tensor, DTypeError for one of other numbers than floats. */
export const typeOfOperand = (who: string, position: number, x: Tensor): DType => {
  const { dtype } = operand(who, position, x)
  if (dtype === 'float32' || dtype === 'float64') return dtype
  throw new DTypeError(`${who}: operand ${position} must hold float32 or float64, got an ndarray of ${String(dtype)}`)
}

/** Throws ShapeError for a tensor without elements, of which engines make different things: of the result, or of an operand by its
 *  position. */
export const checkSizes = (who: string, position: number | undefined, shape: Shape): void => {
  if (shape.every(n => n > 0)) return
  const whose = position === undefined ? 'of the result' : `of operand ${position}`
  throw new ShapeError(`${who}: the sizes ${whose} must be at least 1, got [${shape.join(', ')}]`)
}
