import { oneLine, shown, tame } from './words'

/** What a caller did wrong, said in one line: the thing, what was expected, what was found. The command line prints
 *  these without a stack trace; anything else that is thrown is a defect of ours. */
export class UserError extends Error {
  override name = 'UserError'
  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options)
  }
}

/** Sizes or ranks that do not fit together. */
export class ShapeError extends UserError {
  override name = 'ShapeError'
}

/** A signature string that cannot be read; the message holds the string with a caret under the fault. */
export class SignatureError extends UserError {
  override name = 'SignatureError'
  constructor(message: string) {
    super('')
    this.message = message.split('\n').map(tame).join('\n')
  }
}

/** Tensors of different element types, or of a type that is not a float. */
export class DTypeError extends UserError {
  override name = 'DTypeError'
}

/** Checks a value that someone has set. Throws UserError that names it, what it must be and what it is, unless `holds`. */
export const must = (name: string, expected: string, value: unknown, holds: boolean): void => {
  if (!holds) throw new UserError(`${name} must be ${expected}, got ${shown(value)}`)
}
