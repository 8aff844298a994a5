/** The files of a run. What the system refuses is a UserError that names the path, what was tried and why not. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { attempt, save as saveChunks, withFile } from '../training/disk'

/** A folder with those above it; there already is fine. */
export const makeFolder = (path: string): void =>
  attempt(path, 'made', () => {
    mkdirSync(path, { recursive: true })
  })

/** Saves a file in one move. When that fails the file is as it was before. */
export const save = (path: string, content: string | Uint8Array): void =>
  saveChunks(path, [typeof content === 'string' ? Buffer.from(content) : content])

/** Adds text to the end of a file. */
export const append = (path: string, text: string): void =>
  attempt(path, 'written', () => withFile(path, 'a', file => writeFileSync(file, text)))

export const readText = (path: string): string => attempt(path, 'read', () => readFileSync(path, 'utf8'))

export const remove = (path: string): void => attempt(path, 'removed', () => rmSync(path, { force: true }))
