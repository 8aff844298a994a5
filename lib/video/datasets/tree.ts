/** What folders hold, links followed. */
import { cited } from '../../tensor'
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { attempt } from '../../refusals'
import { some, type VideoProblem } from './dataset'
import { isJunk, isPictureName, isVideoName, seriesOf, stem } from './kinds'

/** Something in a folder. */
export interface Entry {
  readonly name: string
  readonly path: string
  readonly kind: 'folder' | 'file' | 'other' | 'gone'
}

/** What a folder holds, by name, without what systems leave in it; links are what they lead to. */
export const entriesOf = (folder: string): readonly Entry[] => {
  const entries = attempt(folder, 'read', () => readdirSync(folder, { withFileTypes: true }))
  return entries
    .filter(({ name }) => !isJunk(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(entry => ({ name: entry.name, path: join(folder, entry.name), kind: kindOf(folder, entry) }))
}

const kindOf = (folder: string, entry: Dirent): Entry['kind'] => {
  const stat = entry.isSymbolicLink() ? target(join(folder, entry.name)) : entry
  return stat === undefined ? 'gone' : stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other'
}

/** What a link leads to. A loop of links leads nowhere. */
const target = (path: string) => {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** The videos below a folder. */
export interface Found {
  readonly videos: readonly string[]
  readonly problems: readonly VideoProblem[]
  /** Files that are no videos by their names, and thumbnails of videos. */
  readonly passed: readonly string[]
}

/** How a folder is walked. */
export interface Walk {
  /** Whether the folder itself may be a video. */
  readonly isSeries?: boolean
  /** The folders that it is in, by their real paths. */
  readonly above?: readonly string[]
}

/**
 * The videos below a folder, at any depth, in the order of their paths; a folder of numbered pictures is one. Links to folders
 * are followed, and one into a folder that it is in is a problem.
 *
 * @throws UserError where the system refuses to list a folder
 */
export const videosBelow = (folder: string, { isSeries = false, above = [] }: Walk = {}): Found => {
  const found = { videos: [] as string[], problems: [] as VideoProblem[], passed: [] as string[] }
  const walk = (path: string, above: readonly string[], mayBeSeries: boolean): void => {
    const real = attempt(path, 'read', () => realpathSync(path))
    if (above.includes(real))
      return void found.problems.push({ path, reason: 'must lead elsewhere, got a link to a folder that it is in' })
    const entries = entriesOf(path)
    const files = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name)
    const series = mayBeSeries ? seriesOf(files) : []
    if (series.length > 1) found.videos.push(path)
    // A picture beside a video of its name is the video's thumbnail.
    const videos = new Set(files.filter(name => isVideoName(name) && !isPictureName(name)).map(stem))
    for (const { name, path: at, kind } of entries)
      if (kind === 'folder') walk(at, [...above, real], true)
      else if (kind === 'gone') found.problems.push({ path: at, reason: 'must lead to a file, got a link to none' })
      else if (kind === 'other') found.problems.push({ path: at, reason: 'must be a file, got a FIFO or a device' })
      else if (series.length > 1) continue
      else if (!isVideoName(name) || (isPictureName(name) && videos.has(stem(name)))) found.passed.push(at)
      else found.videos.push(at)
  }
  walk(folder, above, isSeries)
  return found
}

/** `.txt (2), .db`: what was passed over, by how the names end. */
export const suffixes = (paths: readonly string[]): string => {
  const counts = new Map<string, number>()
  for (const path of paths) counts.set(extname(path), (counts.get(extname(path)) ?? 0) + 1)
  const shown = ([end, n]: readonly [string, number]): string =>
    `${end === '' ? 'no ending' : cited(end).slice(1, -1)}${n === 1 ? '' : ` (${n})`}`
  return some([...counts].map(shown), 5)
}
