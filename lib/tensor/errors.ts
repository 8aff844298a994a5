/** What a caller did wrong, said in one line: the thing, what was expected, what was found. The command line prints
 *  these without a stack trace; anything else that is thrown is a defect of ours. */
export class UserError extends Error {
  override name = 'UserError'
}

/** Sizes or ranks that do not fit together. */
export class ShapeError extends UserError {
  override name = 'ShapeError'
}

/** A signature string that cannot be read; the message holds the string with a caret under the fault. */
export class SignatureError extends UserError {
  override name = 'SignatureError'
}

/** Tensors of different element types, or of a type that is not a float. */
export class DTypeError extends UserError {
  override name = 'DTypeError'
}
