/** Files on disk: read piece by piece, and saved so that they are whole or not there. What the system refuses is a UserError
 *  that names the path, what was tried and why not. */
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { attempt } from './refusals'
import { UserError } from './tensor/index'

/** Saves a file: into another one beside it, down to the disk, and then under its name, in one move. When that fails the
 *  file is as it was before. A link is followed, a mode is kept; a device that takes characters, as /dev/null, is written to.
 *  Throws UserError where the system refuses, and for what no file can take the place of. */
export const save = (path: string, content: string | Uint8Array | Iterable<Uint8Array>): void => {
  const chunks =
    typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content
  const { target, kind, mode } = placeOf(path)
  attempt(path, 'written', () => {
    if (kind === 'a device') return withFile(target, 'w', file => writeChunks(file, chunks))
    const partial = partialOf(target)
    try {
      withFile(partial, 'wx', file => {
        if (mode !== undefined) fchmodSync(file, mode)
        writeChunks(file, chunks)
        fsyncSync(file)
      })
      renameSync(partial, target)
    } catch (error) {
      quietly(() => unlinkSync(partial))
      throw error
    }
    // A rename lasts through a power cut once the folder is on the disk, where the system can do that (Windows cannot).
    quietly(() => withFile(dirname(target), 'r', fsyncSync))
  })
}

/** Another name beside a file, which no other process has: what is there under it is somebody else's. */
const partialOf = (target: string): string => `${target}.${randomBytes(4).toString('hex')}.partial`

/** Removes what saving a file has left where a process was killed, when no other process saves it. */
export const removePartials = (path: string): void => {
  const name = basename(path)
  const isPartial = (other: string): boolean =>
    other.startsWith(`${name}.`) && /^([0-9a-f]{8}\.)?partial$/.test(other.slice(name.length + 1))
  for (const other of attempt(dirname(path), 'read', () => readdirSync(dirname(path))).filter(isPartial))
    remove(join(dirname(path), other))
}

/** A path that is one: an empty one would be the folder that one happens to be in. Throws UserError otherwise. */
export const named = (path: string): string => {
  if (path === '') throw new UserError("a path must have a name, got ''")
  return path
}

/** What a path leads to: nothing yet, a file, or something else. */
type Kind = 'nothing' | 'a file' | 'a folder' | 'a FIFO' | 'a socket' | 'a block device' | 'a device'

const kindOf = (stats: Stats | undefined): Kind =>
  stats === undefined
    ? 'nothing'
    : stats.isFile()
      ? 'a file'
      : stats.isDirectory()
        ? 'a folder'
        : stats.isFIFO()
          ? 'a FIFO'
          : stats.isSocket()
            ? 'a socket'
            : stats.isBlockDevice()
              ? 'a block device'
              : 'a device'

/** Where a file is to be saved, links followed. Throws UserError where something is there that is no file. */
const placeOf = (path: string): { readonly target: string; readonly kind: Kind; readonly mode?: number } =>
  attempt(named(path), 'written', () => {
    const stats = statSync(path, { throwIfNoEntry: false })
    const kind = kindOf(stats)
    if (stats === undefined) {
      // A link to what is not there is followed one step; further ones are the system's to refuse.
      const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
      return { target: link ? resolve(dirname(path), readlinkSync(path)) : path, kind }
    }
    if (kind !== 'a file' && kind !== 'a device') throw new UserError(`${path}: must be a file to write, got ${kind}`)
    accessSync(path, constants.W_OK)
    return kind === 'a file' ? { target: realpathSync(path), kind, mode: stats.mode & 0o7777 } : { target: path, kind }
  })

/** Checks that there is a file to read. Throws UserError for what would be waited for, or never end. */
export const checkFile = (path: string): void => {
  const kind = kindOf(attempt(named(path), 'read', () => statSync(path)))
  if (kind !== 'a file') throw new UserError(`${path}: must be a file to read, got ${kind}`)
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

/** Bytes up to which chunks are written together: a checkpoint is hundreds of small tensors. */
const ENOUGH = 2 ** 16

const writeChunks = (file: number, chunks: Iterable<Uint8Array>): void => {
  const small = new Uint8Array(ENOUGH)
  let size = 0
  for (const chunk of chunks) {
    if (size + chunk.length > ENOUGH) {
      writeAll(file, small.subarray(0, size))
      size = 0
    }
    if (chunk.length > ENOUGH) writeAll(file, chunk)
    else {
      small.set(chunk, size)
      size += chunk.length
    }
  }
  writeAll(file, small.subarray(0, size))
}
const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, Math.min(bytes.length - done, MOST))
}

/** Adds text to the end of a file, and waits until it is on the disk where that is asked for. */
export const append = (path: string, text: string, waits = false): void =>
  attempt(path, 'written', () =>
    withFile(path, 'a', file => {
      writeAll(file, Buffer.from(text))
      if (waits) fsyncSync(file)
    }),
  )

export const readText = (path: string): string => {
  checkFile(path)
  return attempt(path, 'read', () => readFileSync(path, 'utf8'))
}

export const remove = (path: string): void => attempt(path, 'removed', () => rmSync(path, { force: true }))

/** Checks that a file can be saved, before the work of which it is the result; nothing is left of the check. Throws UserError
 *  that names the path and the reason. */
export const checkWritable = (path: string): void => {
  const { target, kind } = placeOf(path)
  if (kind === 'a device') return
  const partial = partialOf(target)
  attempt(path, 'written', () => closeSync(openSync(partial, 'wx')))
  remove(partial)
}

/** Bytes that are read piece by piece. */
export interface Source {
  readonly size: number
  /** Fills `out` with the bytes from `from` on. */
  readonly read: (out: Uint8Array, from: number) => void
}

/** Does something with a file's bytes. Throws UserError where the system refuses. */
export const reading = <T>(path: string, action: (source: Source) => T): T => {
  checkFile(path)
  return attempt(path, 'read', () =>
    withFile(path, 'r', file =>
      action({ size: fstatSync(file).size, read: (out, from) => readAt(file, out, from, path) }),
    ),
  )
}

const readAt = (file: number, out: Uint8Array, from: number, path: string): void => {
  for (let done = 0; done < out.length;) {
    const count = readSync(file, out, done, Math.min(out.length - done, MOST), from + done)
    if (count === 0) throw new UserError(`${path}: cannot be read: it became shorter meanwhile`)
    done += count
  }
}
