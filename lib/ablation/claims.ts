/** Runs that several processes share through the file system. Each run has a folder; whoever makes the file `claim.N` in it
 *  first does the run, and touches that file while it works. A claim that nobody touches any more is dead, and `claim.N+1`
 *  takes its place. Nothing hangs on a claim but time: a run gives the same result whoever does it, and results are saved
 *  in one move. */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { attempt, makeFolder, readText, save } from '../disk'

/** Seconds without a sign of life after which a claim is dead: of another machine's process, and of one that is known to
 *  be alive here but may be another one by now. */
const SILENT = { elsewhere: 120, here: 900 } as const
/** Seconds between two signs of life. */
const BEAT = 5

const RESULT = 'result.json'
const CLAIM = /^claim\.(\d+)$/

/** What is known of a run's folder. */
export type Status =
  | { readonly kind: 'open' }
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'taken'; readonly by: string }
  /** Begun, and neither whole nor anybody's. */
  | { readonly kind: 'half-written'; readonly why: string }

export interface Claim {
  /** A sign of life; does nothing when the last one was a moment ago. */
  readonly beat: () => void
  /** Saves the result, and gives the claim back. */
  readonly finish: (text: string) => void
  /** Gives the claim back. */
  readonly drop: () => void
}

interface Known {
  readonly number: number
  readonly dead?: string
  readonly by: string
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** The names in a folder; none where it has just been given back. */
const files = (folder: string): string[] =>
  attempt(folder, 'read', () => (existsSync(folder) ? readdirSync(folder) : []))

const claims = (folder: string): { name: string; number: number }[] =>
  files(folder).flatMap(name => {
    const number = CLAIM.exec(name)?.[1]
    return number === undefined ? [] : [{ name, number: Number(number) }]
  })

/** The last claim of a folder, if it has one. */
const lastClaim = (folder: string): Known | undefined => {
  const numbers = claims(folder).map(({ number }) => number)
  if (numbers.length === 0) return undefined
  const number = Math.max(...numbers)
  const path = join(folder, `claim.${number}`)
  try {
    const silent = (Date.now() - statSync(path).mtimeMs) / 1000
    const { host, pid } = owner(readText(path))
    const by = `process ${pid ?? '?'} on ${host ?? 'another machine'}`
    const here = host === hostname() && pid !== undefined
    const dead =
      here && !isAlive(pid)
        ? `${by} has ended`
        : silent > SILENT[here ? 'here' : 'elsewhere']
          ? `no sign of life from ${by} for ${Math.round(silent)} seconds`
          : undefined
    return { number, by, ...(dead === undefined ? {} : { dead }) }
  } catch (error) {
    // It was given back between two looks.
    if (isMissing(error) || isMissing((error as Error).cause)) return undefined
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
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** What a run's folder says.
 *  @param check what is wrong with the text of a result, if anything is */
export const statusOf = (folder: string, check: (text: string) => string | undefined): Status => {
  if (!existsSync(folder)) return { kind: 'open' }
  const path = join(folder, RESULT)
  const text = existsSync(path) ? readText(path) : undefined
  const wrong = text === undefined ? undefined : check(text)
  if (text !== undefined && wrong === undefined) return { kind: 'done', text }
  const claim = lastClaim(folder)
  if (claim && claim.dead === undefined) return { kind: 'taken', by: claim.by }
  return { kind: 'half-written', why: wrong ?? claim?.dead ?? 'begun, but no result is there' }
}

/** Takes a run that is nobody's; nothing where another process was faster. */
export const claim = (folder: string): Claim | undefined => {
  makeFolder(folder)
  const before = lastClaim(folder)
  if (before && before.dead === undefined) return undefined
  const number = (before?.number ?? -1) + 1
  const path = join(folder, `claim.${number}`)
  try {
    const file = openSync(path, 'wx')
    try {
      writeSync(file, JSON.stringify({ host: hostname(), pid: process.pid }))
    } catch (error) {
      // A claim that does not say whose it is would pass for another machine's.
      rmSync(path, { force: true })
      throw error
    } finally {
      closeSync(file)
    }
  } catch (error) {
    // Made by another, or given back by another with its folder: either way someone else is at it.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || isMissing(error)) return undefined
    return attempt(path, 'written', () => {
      throw error
    })
  }
  let last = performance.now()
  const giveBack = (): void => {
    for (const { name, number: n } of claims(folder)) if (n <= number) rmSync(join(folder, name), { force: true })
  }
  return {
    beat: () => {
      if (performance.now() - last < BEAT * 1000) return
      last = performance.now()
      try {
        utimesSync(path, new Date(), new Date())
      } catch (error) {
        // Someone took the run over while this process stood still, and has done it.
        if (!isMissing(error)) throw error
      }
    },
    finish: text => {
      // Where someone took it over, it is theirs.
      if (claims(folder).every(({ number: n }) => n <= number)) save(join(folder, RESULT), text)
      giveBack()
    },
    drop: () => {
      giveBack()
      if (existsSync(folder) && files(folder).length === 0) attempt(folder, 'removed', () => rmdirSync(folder))
    },
  }
}
