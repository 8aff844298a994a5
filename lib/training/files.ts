/** Files on disk: read piece by piece, and saved so that they are whole or not there. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { UserError } from '../tensor'
import { type Checkpoint, checkpointFrom, checkpointTensors } from './checkpoint'
import { type Reading, readSafetensors, safetensorsChunks, type TensorFile, type Tensors } from './safetensors'

export const saveSafetensors = (path: string, file: Tensors): void => save(path, safetensorsChunks(file))

/** Reads a file's tensors. Throws UserError as `readSafetensors`, and where the file cannot be read. */
export const loadSafetensors = (path: string, reading?: Reading): TensorFile =>
  attempt(path, 'read', () =>
    withFile(path, 'r', file =>
      readSafetensors(
        { size: fstatSync(file).size, read: (out, from) => readAt(file, out, from, path) },
        path,
        reading,
      ),
    ),
  )

export const saveCheckpoint = (path: string, checkpoint: Checkpoint): void =>
  saveSafetensors(path, checkpointTensors(checkpoint))

/** Reads a checkpoint. Throws UserError that names the file and what is wrong with it. */
export const loadCheckpoint = (path: string): Checkpoint => checkpointFrom(loadSafetensors(path), path)

// ---- files -----------------------------------------------------------------------------------------------------------

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
      rmSync(partial, { force: true })
      throw error
    }
  })
  syncFolder(dirname(path))
}

/** Makes a rename last through a power cut, where the system can do that (Windows cannot). */
const syncFolder = (path: string): void => {
  try {
    withFile(path, 'r', fsyncSync)
  } catch {
    // The file itself is safe.
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
