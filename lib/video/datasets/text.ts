/** Files of text, as far as they can be a dataset's. */
import { type Stats, statSync } from 'node:fs'
import { UserError } from '../../tensor'
import { readText } from '../../disk'
import { attempt } from '../../refusals'

/** Lists are shorter: Kinetics-700 has 60 MB. */
const BYTE_LIMIT = 2 ** 28

/** What there is at a path. Throws UserError where the system refuses. */
export const statOf = (path: string): Stats => attempt(path, 'read', () => statSync(path))

/**
 * The text of a file, without its byte order mark.
 *
 * @throws UserError when it is no plain file (a FIFO or a device may have no end), too large, or no text in UTF-8
 */
export const textOf = (path: string): string => {
  const stat = statOf(path)
  if (!stat.isFile()) throw new UserError(`${path}: must be a file, got ${kindOf(stat)}`)
  if (stat.size > BYTE_LIMIT) throw new UserError(`${path}: must be at most ${BYTE_LIMIT} bytes, got ${stat.size}`)
  const text = readText(path)
  if (/^(\ufffd\ufffd|[^\0]?\0)/.test(text)) throw new UserError(`${path}: must be text in UTF-8, got UTF-16 or bytes`)
  if (text.slice(0, 4096).includes('\0')) throw new UserError(`${path}: must be text, got bytes of another kind`)
  return text.replace(/^\ufeff/, '')
}

/** What is no file, in a word. */
export const kindOf = (stat: Stats): string =>
  stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a FIFO' : stat.isSocket() ? 'a socket' : 'a device'

/** The JSON in a text, or undefined where it is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return /^\s*[[{]/.test(text) ? (JSON.parse(text) as unknown) : undefined
  } catch {
    return undefined
  }
}

/** Whether there is a folder at a path. */
export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
