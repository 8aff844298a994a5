/** The bytes of a file on disk or of a Blob, read where they are asked for. */
import type { FileHandle } from 'node:fs/promises'
import { UserError } from '../tensor'
import { builtin } from '../host'

export interface Bytes {
  /** What errors call it: the path, or the name of a File. */
  readonly name: string
  readonly size: number
  /** Up to `length` bytes from `from` on; fewer at the end. */
  readonly read: (from: number, length: number) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

/** Opens a file or a Blob. Throws UserError where the system refuses, or a path is given where there is no disk. */
export const openBytes = async (source: string | Blob): Promise<Bytes> => {
  if (typeof source !== 'string') {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'video'
    const read = async (from: number, length: number) =>
      new Uint8Array(await source.slice(from, from + length).arrayBuffer())
    return { name, size: source.size, read, close: async () => undefined }
  }
  const disk = builtin('node:fs/promises')
  if (!disk) throw new UserError(`${source}: expected a Blob or a File, as there is no disk here, found a path`)
  let file: FileHandle | undefined
  try {
    file = await disk.open(source)
    const handle = file
    const stat = await handle.stat()
    if (!stat.isFile())
      throw new UserError(`${source}: expected a file, found ${stat.isDirectory() ? 'a folder' : 'none'}`)
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

/** An error of the operating system's as a UserError that names the path and says why; any other as it is. */
export const refused = (path: string, error: unknown): unknown => {
  if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) return error
  const [code, words] = builtin('node:util')?.getSystemErrorMap().get(error.errno) ?? [
    String(error.errno),
    error.message,
  ]
  return new UserError(`${path}: cannot be read: ${words} (${code})`, { cause: error })
}
