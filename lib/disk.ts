/** Files on disk: read piece by piece, and saved so that they are whole or not there. What the system refuses is a UserError
 *  that names the path, what was tried and why not. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { UserError } from './tensor/index'

/** Saves a file: into another one beside it, down to the disk, and then under its name, in one move. When that fails the
 *  file is as it was before.
 *  Throws UserError where the system refuses. */
export const save = (path: string, content: string | Uint8Array | Iterable<Uint8Array>): void => {
  const chunks =
    typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content
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

/** Adds text to the end of a file. */
export const append = (path: string, text: string): void =>
  attempt(path, 'written', () => withFile(path, 'a', file => writeFileSync(file, text)))

export const readText = (path: string): string => attempt(path, 'read', () => readFileSync(path, 'utf8'))

export const remove = (path: string): void => attempt(path, 'removed', () => rmSync(path, { force: true }))

/** Checks that a file can be saved, before the work of which it is the result; nothing is left of the check. Throws UserError
 *  that names the path and the reason. */
export const checkWritable = (path: string): void => {
  const there = existsSync(path)
  attempt(path, 'written', () => closeSync(openSync(path, 'a')))
  if (!there) remove(path)
}

/** Bytes that are read piece by piece. */
export interface Source {
  readonly size: number
  /** Fills `out` with the bytes from `from` on. */
  readonly read: (out: Uint8Array, from: number) => void
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

// ---- folders ---------------------------------------------------------------------------------------------------------

/** A folder with those above it; there already is fine. One at a time, since Node's recursive form tries for ever where
 *  the system says of a folder it cannot make that it is not there (as below /proc). */
export const makeFolder = (path: string): void => {
  const [folder, above] = [resolve(path), dirname(resolve(path))]
  if (attempt(path, 'made', () => statSync(folder, { throwIfNoEntry: false }))?.isDirectory()) return
  if (above !== folder) makeFolder(above)
  attempt(path, 'made', () => mkdirSync(folder))
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

/** Why the operating system refused: `no space left on device (ENOSPC)`. */
export const reason = ({ code, errno, message }: SystemError): string => {
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return words === undefined ? message : `${words} (${code})`
}
