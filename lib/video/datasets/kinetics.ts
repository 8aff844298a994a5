/** Kinetics: clips of videos by their ids and seconds. */
import { cited, UserError } from '../../tensor'
import type { Listed } from './entries'
import type { Finder } from './finder'
import { plain, type Row } from './rows'

const needed = ['label', 'youtube_id', 'time_start', 'time_end'] as const

/**
 * What the rows of Kinetics' table say: files are named `ID_000012_000022`, or by the id alone where the table has one clip
 * of that video.
 *
 * @throws UserError when a column is missing or empty, or a time is no number of seconds
 */
export const kineticsListed = (table: string, rows: readonly Row[], finder: Finder): readonly Listed[] => {
  const found = Object.keys(rows[0]?.row ?? {})
  const columnOf = (name: string): string | undefined => found.find(column => plain(column) === plain(name))
  const missing = needed.find(name => columnOf(name) === undefined)
  if (missing !== undefined) throw new UserError(`${table}: must have a column '${missing}', got ${found.join(', ')}`)
  const [label, id, start, end] = needed.map(name => columnOf(name)!) as [string, string, string, string]
  const split = columnOf('split')
  const clips = rows.map(({ where, row }) => {
    for (const column of [label, id])
      if (row[column] === '') throw new UserError(`${table}: ${where}: must have a ${column}, got none`)
    const times = [start, end].map(time => sixDigits(`${table}: ${where}`, row[time]!))
    return { where, row, id: row[id]!, timed: [row[id], ...times].join('_') }
  })
  const clipsOf = new Map<string, Set<string>>()
  for (const clip of clips) clipsOf.set(clip.id, (clipsOf.get(clip.id) ?? new Set()).add(clip.timed))
  return clips.map(({ where, row, id: bare, timed }) => {
    const path = finder.named(timed) ?? (clipsOf.get(bare)!.size === 1 ? finder.named(bare) : undefined)
    return { where, label: row[label]!, name: `${timed}.mp4`, path, ...(split !== undefined && { split: row[split] }) }
  })
}

/** Whole seconds as Kinetics' files carry them, in six digits. */
const sixDigits = (where: string, time: string): string => {
  const seconds = Math.round(Number(time))
  if (time !== '' && Number.isFinite(seconds) && seconds >= 0) return String(seconds).padStart(6, '0')
  throw new UserError(`${where}: a time must be seconds, got ${cited(time)}`)
}
