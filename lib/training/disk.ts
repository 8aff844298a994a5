/** Files on disk: read piece by piece, and saved so that they are whole or not there. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { UserError } from '../tensor'
import type { Source } from './safetensors-header'

/** Saves a file: into another one beside it, down to the disk, and then under its name, in one move. When that fails the
 *  file is as it was before.
 *  Throws UserError where the system refuses. */
export const save = (path: string, chunks: Iterable<Uint8Array>): void => {
  const partial = `${path}.partial`
  attempt(path, 'written', () => {
    try {
      withFile(partial, 'w', file => {
        for (const chunk of chunks) writeAll(file, chunk)
        fsyncSync(file)
      })
      renameSync(partial, path)
    } catch (error) {
      quietly(() => unlinkSync(partial))
      throw error
    }
  })
  // A rename lasts through a power cut once the folder is on the disk, where the system can do that (Windows cannot).
  quietly(() => withFile(dirname(path), 'r', fsyncSync))
}

/** Does what is well if it can be done, and no harm if it cannot. */
const quietly = (action: () => void): void => {
  try {
    action()
  } catch {
    // As promised.
  }
}

/** Opens a file, does something with it, and closes it whatever happens. */
export const withFile = <T>(path: string, mode: string, action: (file: number) => T): T => {
  const file = openSync(path, mode)
  try {
    return action(file)
  } finally {
    closeSync(file)
  }
}

/** A call of the system reads or writes less than 2 GiB. */
const MOST = 2 ** 30

const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, Math.min(bytes.length - done, MOST))
}

/** Does something with a file's bytes. Throws UserError where the system refuses. */
export const reading = <T>(path: string, action: (source: Source) => T): T =>
  attempt(path, 'read', () =>
    withFile(path, 'r', file =>
      action({ size: fstatSync(file).size, read: (out, from) => readAt(file, out, from, path) }),
    ),
  )

const readAt = (file: number, out: Uint8Array, from: number, path: string): void => {
  for (let done = 0; done < out.length;) {
    const count = readSync(file, out, done, Math.min(out.length - done, MOST), from + done)
    if (count === 0) throw new UserError(`${path}: cannot be read: it became shorter meanwhile`)
    done += count
  }
}

// ---- refusals --------------------------------------------------------------------------------------------------------

/** Runs what may be refused by the operating system. Throws UserError that names the path, what was tried and why not. */
export const attempt = <T>(path: string, verb: string, action: () => T): T => {
  try {
    return action()
  } catch (error) {
    if (isSystemError(error)) throw new UserError(`${path}: cannot be ${verb}: ${reason(error)}`, { cause: error })
    throw error
  }
}

/** Whether an error comes from the operating system: a file, a folder, a disk. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'errno' in error

/** Why the operating system refused: `no space left on device (ENOSPC)`. */
export const reason = ({ code, errno, message }: NodeJS.ErrnoException): string => {
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return words === undefined ? message : `${words} (${code})`
}
