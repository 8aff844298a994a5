/** What the operating system refuses, as errors for people: the path, what was tried and why not. */
import { getSystemErrorMap } from 'node:util'
import { UserError } from './tensor/index'

/** Runs what may be refused by the operating system. Throws UserError that names the path, what was tried and why not. */
export const attempt = <T>(path: string, verb: string, action: () => T): T => {
  try {
    return action()
  } catch (error) {
    if (isSystemError(error)) throw new UserError(`${path}: cannot be ${verb}: ${reason(error)}`, { cause: error })
    // Node refuses it before the system would.
    if (path.includes('\0')) throw new UserError(`${path}: cannot be ${verb}: no path holds a null character`)
    throw error
  }
}

/** An error of the operating system: a file, a folder, a disk. */
export interface SystemError extends Error {
  readonly code?: string
  readonly errno?: number
  readonly path?: string
  readonly syscall?: string
}

/** Whether an error comes from the operating system. */
export const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && 'syscall' in error && 'errno' in error

/** Whether an error is one of these of the operating system's. */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')

/** Why the operating system refused: `no space left on device (ENOSPC)`. */
export const reason = ({ code, errno, message }: SystemError): string => {
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return words === undefined ? message : `${words} (${code})`
}
