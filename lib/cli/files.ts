/** Files that are whole or not there: what is saved replaces the file before it at once. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../tensor'
import { isSystemError, reason } from './errors'

/** Runs what may be refused by the operating system. Throws UserError that names the path, what was tried and why not. */
const attempt = <T>(path: string, verb: string, action: () => T): T => {
  try {
    return action()
  } catch (error) {
    if (isSystemError(error)) throw new UserError(`${path}: cannot be ${verb}: ${reason(error)}`, { cause: error })
    throw error
  }
}

/** Opens a file, does something with it, and closes it whatever happens. */
const withFile = <T>(path: string, mode: string, action: (file: number) => T): T => {
  const file = openSync(path, mode)
  try {
    return action(file)
  } finally {
    closeSync(file)
  }
}

/** A folder with those above it; there already is fine. */
export const makeFolder = (path: string): void =>
  attempt(path, 'made', () => {
    mkdirSync(path, { recursive: true })
  })

/** Saves a file: into another one beside it, down to the disk, and then under its name, in one move. When that fails the
 *  file is as it was before. */
export const save = (path: string, content: string | Uint8Array): void => {
  const partial = `${path}.partial`
  attempt(path, 'written', () => {
    try {
      withFile(partial, 'w', file => {
        writeFileSync(file, content)
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

/** Adds text to the end of a file. */
export const append = (path: string, text: string): void =>
  attempt(path, 'written', () => withFile(path, 'a', file => writeFileSync(file, text)))

export const readBytes = (path: string): Uint8Array => attempt(path, 'read', () => readFileSync(path))

export const readText = (path: string): string => attempt(path, 'read', () => readFileSync(path, 'utf8'))

export const remove = (path: string): void => attempt(path, 'removed', () => rmSync(path, { force: true }))
