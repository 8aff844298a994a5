/** What is known of files, kept so that nothing is read twice; it holds as long as a file has its size and time. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readText, reading, save } from '../../disk'
import { attempt } from '../../refusals'
import { jsonText, UserError } from '../../tensor'
import { isRecord } from '../../tensor/given'
import { groupedBy } from './groups'
import type { Copies } from './held-out'

/** What is known of a file. */
export interface FileFacts {
  readonly size: number
  /** When it was changed, in ms. */
  readonly time: number
  /** A hash of its first bytes, where another file is as large. */
  readonly start?: string | undefined
  /** A hash of all its bytes, where those begin as another's do. */
  readonly whole?: string | undefined
  /** What opening it has shown. */
  readonly seen?: unknown
}

/** Facts by the paths of files. */
export type FileIndex = ReadonlyMap<string, FileFacts>

/** An index that was saved; none where there is none, or it cannot be read. */
export const readIndex = (file: string): FileIndex => {
  if (!existsSync(file)) return new Map()
  const lines = readText(file)
    .split('\n')
    .filter(line => line !== '')
  try {
    return new Map(lines.map(line => JSON.parse(line) as [string, FileFacts]).filter(isEntry))
  } catch {
    return new Map()
  }
}

const isEntry = (entry: unknown): entry is [string, FileFacts] =>
  Array.isArray(entry) && typeof entry[0] === 'string' && isRecord(entry[1]) && typeof entry[1]['size'] === 'number'

/** Saves an index: a line for each file. */
export const saveIndex = (file: string, index: FileIndex): void =>
  save(file, [...index].map(entry => `${jsonText(entry)}\n`).join(''))

/** The index of these files as they are now: what is known of those that have not changed, sizes and times of others. */
export const refreshed = (paths: Iterable<string>, old: FileIndex): FileIndex => {
  const facts = new Map<string, FileFacts>()
  for (const path of paths) {
    if (facts.has(path)) continue
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) continue
    const known = old.get(path)
    const [size, time] = [stat.isFile() ? stat.size : 0, stat.mtimeMs]
    facts.set(path, known?.size === size && known.time === time ? known : { size, time })
  }
  return facts
}

/**
 * Which files are copies of others: links to one, or files of the same bytes. Folders of frames are copies where they are the
 * same folder. Only files that are as large as another one are read.
 *
 * @returns the copies, and the index with what was learnt of the files
 */
export const copiesIn = (index: FileIndex): { readonly copies: Copies; readonly index: FileIndex } => {
  const learnt = new Map(index)
  const copies = new Map<string, string>()
  const each = (groups: Iterable<readonly string[]>, keyOf: (path: string) => string): readonly (readonly string[])[] =>
    [...groups].flatMap(group => [...groupedBy(group, keyOf).values()]).filter(group => group.length > 1)
  const hashed = (path: string, what: 'start' | 'whole'): string => {
    const facts = learnt.get(path)!
    if (facts.size === 0) return realpathSync(path)
    const hash = facts[what] ?? digest(path, what === 'start' ? Math.min(facts.size, START) : facts.size)
    learnt.set(path, { ...facts, [what]: hash })
    return hash
  }
  const asLarge = each([[...index.keys()]], path => `${index.get(path)!.size}`)
  const alike = each(
    each(asLarge, path => hashed(path, 'start')),
    path => hashed(path, 'whole'),
  )
  for (const [first, ...others] of alike) for (const path of others) copies.set(path, first!)
  return { copies, index: learnt }
}

// ---- parts -----------------------------------------------------------------------------------------------------------

/** A hash of what a video is made of, and the facts with it: of a file's bytes, once for as long as its size and time stay; of
 *  a folder of frames, their names, sizes and times. */
export const contentOf = (path: string, facts?: FileFacts): { readonly content: string; readonly facts: FileFacts } => {
  const [now] = refreshed([path], new Map(facts && [[path, facts]])).values()
  if (now === undefined) return { content: path, facts: { size: 0, time: 0 } } // gone: for its reader to say
  if (now.size > 0 || !statSync(path).isDirectory()) {
    const content = now.whole ?? digest(path, now.size)
    return { content, facts: { ...now, whole: content } }
  }
  const frames = attempt(path, 'read', () => readdirSync(path)).sort()
  const listed = [...refreshed(frames.map(name => join(path, name)), new Map())] // prettier-ignore
  const text = listed.map(([file, { size, time }]) => `${basename(file)} ${size} ${time}`).join('\n')
  return { content: createHash('sha256').update(text).digest('hex'), facts: now }
}

const START = 2 ** 16
const CHUNK = 2 ** 20

/** A hash of a file's first bytes. What cannot be read is like nothing else. */
const digest = (path: string, length: number): string => {
  const hash = createHash('sha256')
  try {
    reading(path, ({ read }) => {
      for (let from = 0; from < length; from += CHUNK) {
        const chunk = new Uint8Array(Math.min(CHUNK, length - from))
        read(chunk, from)
        hash.update(chunk)
      }
    })
  } catch (error) {
    if (error instanceof UserError) return path
    throw error
  }
  return hash.digest('hex')
}
