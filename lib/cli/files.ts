/** The files of a run. What the system refuses is a UserError that names the path, what was tried and why not. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { attempt, save as saveChunks, withFile } from '../training/disk'

/** A folder with those above it; there already is fine. One at a time, since Node's recursive form tries for ever where
 *  the system says of a folder it cannot make that it is not there (as below /proc). */
export const makeFolder = (path: string): void => {
  const [folder, above] = [resolve(path), dirname(resolve(path))]
  if (attempt(path, 'made', () => statSync(folder, { throwIfNoEntry: false }))?.isDirectory()) return
  if (above !== folder) makeFolder(above)
  attempt(path, 'made', () => mkdirSync(folder))
}

/** Saves a file in one move. When that fails the file is as it was before. */
export const save = (path: string, content: string | Uint8Array): void =>
  saveChunks(path, [typeof content === 'string' ? Buffer.from(content) : content])

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
