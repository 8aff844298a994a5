/** What a process that is killed leaves on the disk: a copy of its folder before each change of the file system, and in the
 *  middle of each write. A kill runs nothing more, so that such a copy is all that there is to go on with. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Call = (...args: unknown[]) => unknown
const files = fs as unknown as Record<string, Call>
/** What changes a file or a folder. */
const CHANGES = ['mkdirSync', 'openSync', 'fchmodSync', 'writeSync', 'fsyncSync', 'renameSync', 'unlinkSync', 'rmSync', 'rmdirSync', 'utimesSync'] as const // prettier-ignore

/** The files below a folder, their folders first, by what they hold. */
export const contentOf = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .map(entry => ({ path: join(entry.parentPath, entry.name), is: entry.isFile() }))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ path, is }) => [path.slice(folder.length + 1), is ? readFileSync(path, 'base64') : 'a folder']),
  )

/** Does something, and keeps each state that a kill might have left a folder in meanwhile.
 *  @param into where the states are kept
 *  @returns their folders, in order, no two neighbours alike */
export const statesOf = async (
  folder: string,
  into: string,
  action: () => Promise<unknown>,
): Promise<readonly string[]> => {
  const before = new Map(CHANGES.map(name => [name, files[name]!]))
  const states: string[] = []
  let [last, busy] = ['', false]
  const keep = (what: string): void => {
    if (busy || !existsSync(folder)) return
    busy = true
    const hash = createHash('sha256').update(JSON.stringify([...contentOf(folder)])).digest('hex') // prettier-ignore
    if (hash !== last) {
      const state = join(into, `${states.length}-${what}`)
      cpSync(folder, state, { recursive: true })
      states.push(state)
      last = hash
    }
    busy = false
  }
  for (const [name, call] of before)
    files[name] = (...args) => {
      keep(`before-${name}`)
      if (name !== 'writeSync' || busy) return call(...args)
      const [file, content, from = 0, length] = args as [number, string | Uint8Array, number | undefined, number | undefined] // prettier-ignore
      const all = typeof content === 'string' ? Buffer.from(content) : content.subarray(from, from + (length ?? content.length)) // prettier-ignore
      const half = all.length >> 1
      call(file, all, 0, half)
      keep('torn')
      return (call(file, all, half, all.length - half), all.length)
    }
  mkdirSync(into, { recursive: true })
  try {
    await action()
  } finally {
    for (const [name, call] of before) files[name] = call
    busy = true // Node keeps the function to remove a file that it meets first: that one goes on to be called.
  }
  return states
}

const ended = spawnSync(process.execPath, ['-e', '']).pid

/** Makes the locks of a folder those of a process that has ended, some seconds ago: the one that made them here goes on. */
export const bury = (folder: string): void => {
  for (const name of readdirSync(folder).filter(name => name.startsWith('lock.'))) {
    const path = join(folder, name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"pid":\d+/, `"pid":${ended}`))
    const at = Date.now() / 1000 - 10
    utimesSync(path, at, at)
  }
}
