/** Folders on disk: made and removed where other processes do the same. What the system refuses is a UserError that names the
 *  path, what was tried and why not. */
import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { named } from './disk'
import { attempt, isCode } from './refusals'

/** A folder with those above it; there already is fine, also where another process makes it at this moment. One at a time,
 *  since Node's recursive form tries for ever where the system says of a folder it cannot make that it is not there (as below
 *  /proc). */
export const makeFolder = (path: string): void => {
  const [folder, above] = [resolve(named(path)), dirname(resolve(path))]
  if (attempt(path, 'made', () => statSync(folder, { throwIfNoEntry: false }))?.isDirectory()) return
  if (above !== folder) makeFolder(above)
  attempt(path, 'made', () => {
    try {
      mkdirSync(folder)
    } catch (error) {
      // Made by another process, and perhaps removed again by now: then it is for whoever uses it to see.
      const there = statSync(folder, { throwIfNoEntry: false })
      if (!isCode(error, 'EEXIST') || there?.isDirectory() === false) throw error
    }
  })
}

/** Removes a folder that is empty; one that is not, or is gone, is left to whoever made it so. */
export const removeEmptyFolder = (path: string): void =>
  attempt(path, 'removed', () => {
    try {
      rmdirSync(path)
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error
    }
  })
