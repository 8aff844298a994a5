/** Runs that several processes share through the file system: each has a folder, which whoever does it has locked meanwhile.
 *  Nothing hangs on a lock but time: a run gives the same result whoever does it, and results are saved in one move. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText, save } from '../disk'
import { removeEmptyFolder } from '../folders'
import { holderOf, lock } from '../lock'

const RESULT = 'result.json'

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
  /** Saves the result, and gives the run back. */
  readonly finish: (text: string) => void
  /** Gives the run back. */
  readonly drop: () => void
}

/** What a run's folder says.
 *  @param check what is wrong with the text of a result, if anything is */
export const statusOf = (folder: string, check: (text: string) => string | undefined): Status => {
  if (!existsSync(folder)) return { kind: 'open' }
  const holder = holderOf(folder)
  // Looked for after the lock: whoever has given it back meanwhile has left a result.
  const path = join(folder, RESULT)
  const text = existsSync(path) ? readText(path) : undefined
  const wrong = text === undefined ? undefined : check(text)
  if (text !== undefined && wrong === undefined) return { kind: 'done', text }
  if (holder && holder.dead === undefined) return { kind: 'taken', by: holder.by }
  if (!existsSync(folder)) return { kind: 'open' }
  return { kind: 'half-written', why: wrong ?? holder?.dead ?? 'begun, but no result is there' }
}

/** Takes a run that is nobody's; nothing where another process was faster. */
export const claim = (folder: string): Claim | undefined => {
  const mine = lock(folder)
  if (!mine) return undefined
  const { beat, held, release } = mine
  return {
    beat,
    finish: text => {
      // Where someone took it over, it is theirs.
      if (held()) save(join(folder, RESULT), text)
      release()
    },
    drop: () => {
      release()
      removeEmptyFolder(folder)
    },
  }
}
