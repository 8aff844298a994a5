/** A folder that one process has at a time. Whoever makes the file `lock.N` in it first has it, and touches that file while
 *  it works. A lock whose process has ended, or that nobody touches any more, is dead, and `lock.N+1` takes its place.
 *
 *  Libraries that lock files (proper-lockfile is the one most used) know a dead owner by its silence alone, and want a timer
 *  for signs of life. A step of the reference engine leaves timers no moment, and a run that was killed should go on at once:
 *  here a process that has ended is asked for, by its number. */
import { closeSync, existsSync, openSync, readdirSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readText } from './disk'
import { makeFolder } from './folders'
import { attempt, isCode } from './refusals'

/** Seconds without a sign of life after which a lock is dead: of another machine's process, of one that is known to be alive
 *  here but may be another one by now, and of one that has never said whose it is, as where its process was killed. */
const SILENT = { elsewhere: 120, here: 900, nameless: 5 } as const
/** Seconds between two signs of life. */
const BEAT = 5

const LOCK = /^lock\.(\d+)$/

export interface Lock {
  /** A sign of life; does nothing when the last one was a moment ago. */
  readonly beat: () => void
  /** Whether no other process has taken it over. */
  readonly held: () => boolean
  /** Gives the folder back. */
  readonly release: () => void
}

/** Who has a folder, in words, and why that one is dead, if it is. */
export interface Holder {
  readonly by: string
  readonly dead?: string
}

/** The names in a folder; none where it has just been given back. */
const files = (folder: string): string[] =>
  attempt(folder, 'read', () => {
    try {
      return readdirSync(folder)
    } catch (error) {
      if (isCode(error, 'ENOENT')) return []
      throw error
    }
  })

const locks = (folder: string): { name: string; number: number }[] =>
  files(folder).flatMap(name => {
    const number = LOCK.exec(name)?.[1]
    return number === undefined ? [] : [{ name, number: Number(number) }]
  })

/** The last lock of a folder, if it has one. */
const lastLock = (folder: string): (Holder & { readonly number: number }) | undefined => {
  const numbers = locks(folder).map(({ number }) => number)
  if (numbers.length === 0) return undefined
  const number = Math.max(...numbers)
  const path = join(folder, `lock.${number}`)
  try {
    const silent = (Date.now() - statSync(path).mtimeMs) / 1000
    const { host, pid } = owner(readText(path))
    const by = `process ${pid ?? '?'} on ${host ?? 'another machine'}`
    const here = host === hostname() && pid !== undefined
    const dead =
      here && !isAlive(pid)
        ? `${by} has ended`
        : silent > SILENT[here ? 'here' : host === undefined ? 'nameless' : 'elsewhere']
          ? `no sign of life from ${by} for ${Math.round(silent)} seconds`
          : undefined
    return { number, by, ...(dead === undefined ? {} : { dead }) }
  } catch (error) {
    // It was given back between two looks.
    if (isCode(error, 'ENOENT') || isCode((error as Error).cause, 'ENOENT')) return undefined
    throw error
  }
}

const owner = (text: string): { readonly host?: string; readonly pid?: number } => {
  try {
    const { host, pid } = JSON.parse(text) as { host?: unknown; pid?: unknown }
    if (typeof host === 'string' && typeof pid === 'number') return { host, pid }
  } catch {
    // Not written yet, or never: its owner is unknown, and its age decides.
  }
  return {}
}

/** Whether a process of this machine is there; one that belongs to someone else is. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Who has a folder. */
export const holderOf = (folder: string): Holder | undefined => lastLock(folder)

/** Takes a folder, and makes it where it is not there; nothing where another process has it, or was faster. */
export const lock = (folder: string): Lock | undefined => {
  makeFolder(folder)
  const before = lastLock(folder)
  if (before && before.dead === undefined) return undefined
  const number = (before?.number ?? -1) + 1
  const path = join(folder, `lock.${number}`)
  try {
    const file = openSync(path, 'wx')
    try {
      writeSync(file, JSON.stringify({ host: hostname(), pid: process.pid }))
    } catch (error) {
      // A lock that does not say whose it is would pass for another machine's.
      rmSync(path, { force: true })
      throw error
    } finally {
      closeSync(file)
    }
  } catch (error) {
    // Made by another, or given back by another with its folder: either way someone else is at it.
    if (isCode(error, 'EEXIST', 'ENOENT')) return undefined
    return attempt(path, 'written', () => {
      throw error
    })
  }
  let last = performance.now()
  return {
    beat: () => {
      if (performance.now() - last < BEAT * 1000) return
      last = performance.now()
      try {
        utimesSync(path, new Date(), new Date())
      } catch (error) {
        // Someone took it over while this process stood still, and has given it back.
        if (!isCode(error, 'ENOENT')) throw error
      }
    },
    held: () => existsSync(path) && locks(folder).every(({ number: n }) => n <= number),
    release: () => {
      for (const { name, number: n } of locks(folder)) if (n <= number) rmSync(join(folder, name), { force: true })
    },
  }
}
