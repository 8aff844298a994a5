/** Bytes: of a file on disk or of a Blob, read where they are asked for, or of pieces. */
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { UserError } from '../tensor'
import { builtin } from '../host'
import { inTime } from './time-limit'

export interface Bytes {
  /** What errors call it: the path, or the name of a File. */
  readonly name: string
  readonly size: number
  /** Up to `length` bytes from `from` on; fewer at the end. */
  readonly read: (from: number, length: number) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

/** Bytes as the letters that they stand for. */
export const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to))

/** What errors call a source: its path, or the name of a File. */
export const nameOf = (source: string | Blob): string =>
  typeof source === 'string' ? source : 'name' in source && typeof source.name === 'string' ? source.name : 'video'

/**
 * Opens a file or a Blob. What is no file is not opened: a pipe or a device would keep its reader waiting without end.
 *
 * @throws UserError where the system refuses, a path is no file's, or there is no disk
 */
export const openBytes = async (source: string | Blob): Promise<Bytes> => {
  const name = nameOf(source)
  if (typeof source !== 'string') {
    const read = async (from: number, length: number) =>
      new Uint8Array(await source.slice(from, from + length).arrayBuffer())
    return { name, size: source.size, read, close: async () => undefined }
  }
  const disk = builtin('node:fs/promises')
  if (!disk) throw new UserError(`${name}: must be a Blob or a File, as there is no disk here, got a path`)
  let file: FileHandle | undefined
  try {
    const stat = await disk.stat(source)
    if (!stat.isFile()) throw new UserError(`${name}: must be a file, got ${whatIs(stat)}`)
    file = await disk.open(source)
    const handle = file
    const read = async (from: number, length: number) => {
      const out = new Uint8Array(length)
      return out.subarray(0, (await handle.read(out, 0, length, from)).bytesRead)
    }
    return { name: source, size: stat.size, read, close: () => handle.close() }
  } catch (error) {
    await file?.close()
    throw refused(source, error)
  }
}

/** Bytes that may take so many seconds to be opened, and for each read. A file that did not answer is not waited for when it is
 *  closed, either; one that is open when nobody waits for it any more is closed. */
export const answering = async (opening: Promise<Bytes>, seconds: number, name: string): Promise<Bytes> => {
  const { size, read, close } = await inTime(opening, seconds, name).catch((error: unknown) => {
    opening.then(late => late.close()).catch(() => undefined)
    throw error
  })
  let silent = false
  return {
    name,
    size,
    read: (from, length) =>
      inTime(read(from, length), seconds, name).catch((error: unknown) => {
        silent = true
        throw error
      }),
    close: async () => {
      const closed = close()
      if (silent) closed.catch(() => undefined)
      else await closed
    },
  }
}

const whatIs = (stat: Stats): string =>
  stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a pipe' : stat.isSocket() ? 'a socket' : 'a device'

/** An error of the operating system's as a UserError that names the path and says why; any other as it is. */
export const refused = (path: string, error: unknown): unknown => {
  if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) return error
  const [code, words] = builtin('node:util')?.getSystemErrorMap().get(error.errno) ?? [
    String(error.errno),
    error.message,
  ]
  // Of names in another encoding, as old archives have them, Node shows this in the place of what it cannot say.
  const encoding =
    path.includes('\ufffd') && code === 'ENOENT' ? ': the name must be UTF-8, got other bytes: rename it' : ''
  return new UserError(`${path}: cannot be read: ${words} (${code})${encoding}`, { cause: error })
}
