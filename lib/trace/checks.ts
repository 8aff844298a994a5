/** What every operation asks of what it is given, and says where it is something else. */
import { type DType, DTypeError, isTensor, ShapeError, type Tensor, UserError } from '../tensor'

/** A value in words, for messages. */
export const describe = (x: unknown): string => {
  if (isTensor(x)) return `a tensor of shape [${x.shape.join(', ')}]`
  if (Array.isArray(x)) return 'a list'
  if (ArrayBuffer.isView(x)) return `a ${x.constructor.name}`
  if (typeof x === 'function') return 'a function'
  if (typeof x === 'string') return `'${x}'`
  return typeof x === 'object' && x !== null ? 'a record' : String(x)
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

/** A function that refuses arguments beyond those that it takes, where JavaScript would pass over them.
 *  Throws UserError for these. */
export const strict = <F extends (...args: never[]) => unknown>(who: string, f: F): F => {
  const checked = (...args: never[]): unknown => {
    if (args.length > f.length)
      throw new UserError(`${who}: the arguments must be ${f.length} at most, got ${args.length}`)
    return f(...args)
  }
  return checked as F
}
