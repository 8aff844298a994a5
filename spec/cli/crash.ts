/** A process that ends between two changes of the file system, or in the middle of a write, without ending this one: from
 *  some change on none is made any more, as where it was killed. */
import fs from 'node:fs'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

type Call = (...args: unknown[]) => unknown
const files = fs as unknown as Record<string, Call>
/** What changes a file or a folder, in the order in which saving does it. */
const CHANGES = ['mkdirSync', 'openSync', 'fchmodSync', 'writeSync', 'fsyncSync', 'renameSync', 'unlinkSync', 'rmSync', 'rmdirSync', 'utimesSync'] as const // prettier-ignore

class Killed extends Error {}

/** Does something of which only the changes before the n-th are made, and half of that one if it is a write to be torn.
 *  @returns the changes it has tried, those after the n-th not among them */
export const killedAt = async (
  n: number,
  torn: boolean,
  action: () => Promise<unknown>,
): Promise<readonly string[]> => {
  const before = new Map(CHANGES.map(name => [name, files[name]!]))
  const tried: string[] = []
  for (const [name, call] of before)
    files[name] = (...args) => {
      if (name === 'openSync' && (args[1] === 'r' || args[1] === undefined)) return call(...args)
      if (tried.length < n && tried.push(name) < n) return call(...args)
      const [file, bytes, from, length] = args as [number, Uint8Array, number | undefined, number | undefined]
      if (torn && name === 'writeSync' && !dead) {
        const half = (length ?? bytes.length) >> 1
        if (typeof bytes === 'string') call(file, (bytes as string).slice(0, half))
        else call(file, bytes, from ?? 0, half)
      }
      dead = true
      throw new Killed(name)
    }
  let dead = false
  try {
    await action()
  } finally {
    for (const [name, call] of before) files[name] = call
  }
  // Node keeps the function to remove a file that it meets first: that one goes on to count.
  return [...tried]
}

const ended = spawnSync(process.execPath, ['-e', '']).pid

/** Makes the locks of a folder those of a process that has ended, some seconds ago: the one that ended here goes on. */
export const bury = (folder: string): void => {
  if (!fs.existsSync(folder)) return
  for (const name of readdirSync(folder).filter(name => name.startsWith('lock.'))) {
    const path = join(folder, name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"pid":\d+/, `"pid":${ended}`))
    const at = Date.now() / 1000 - 10
    utimesSync(path, at, at)
  }
}
