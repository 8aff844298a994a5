/** Finds videos by the paths and names that lists have for them. */
import { basename, dirname, resolve } from 'node:path'
import { UserError } from '../../tensor'
import { composed } from './dataset'
import { isPictureName, isVideoName, stem } from './kinds'
import { entriesOf, type Entry, videosBelow } from './tree'

/** Finds videos; of the folders that it looks into it lists each once. */
export interface Finder {
  /** The folder that paths start from. */
  readonly folder: string
  /** The video or the folder of frames at a path, whichever form its accents and slashes have, and whether or not the path
   *  ends as videos' names do; undefined where there is none. */
  readonly at: (path: string) => string | undefined
  /** The video of a name without its ending, in the folder or anywhere below it; undefined where there is none. */
  readonly named: (name: string) => string | undefined
}

type Listing = ReadonlyMap<string, Entry>

/** What finds videos in a folder. */
export const finderIn = (folder: string): Finder => {
  const listings = new Map<string, Listing>()
  const listing = (path: string): Listing => {
    const known = listings.get(path) ?? listed(path)
    listings.set(path, known)
    return known
  }
  const locate = (path: string): Entry | undefined => {
    const [above, name] = [dirname(path), composed(basename(path))]
    if (above === path) return undefined
    const there = listing(above)
    if (there.size > 0) return there.get(name)
    const parent = locate(above)
    return parent?.kind === 'folder' ? listing(parent.path).get(name) : undefined
  }
  let below: ReadonlyMap<string, string> | undefined
  return {
    folder,
    at: path => {
      const slashes = path.includes('\\') ? [path, path.replaceAll('\\', '/')] : [path]
      return slashes.map(one => locate(resolve(folder, one))?.path).find(found => found !== undefined)
    },
    named: name => listing(folder).get(composed(name))?.path ?? (below ??= everywhereIn(folder)).get(composed(name)),
  }
}

/** A folder's entries by their names, with and without what those end in; none where it cannot be listed. */
const listed = (folder: string): Listing => {
  const entries = entriesIn(folder).filter(({ kind }) => kind === 'file' || kind === 'folder')
  const byName = new Map(entries.map(entry => [composed(entry.name), entry]))
  // A video comes before the picture of its name, which may be its thumbnail.
  for (const isOf of [(name: string) => !isPictureName(name), isPictureName])
    for (const entry of entries)
      if (entry.kind === 'file' && isVideoName(entry.name) && isOf(entry.name)) {
        const name = composed(stem(entry.name))
        if (!byName.has(name)) byName.set(name, entry)
      }
  return byName
}

const entriesIn = (folder: string): readonly Entry[] => {
  try {
    return entriesOf(folder)
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

const everywhereIn = (folder: string): ReadonlyMap<string, string> => {
  const { videos } = entriesIn(folder).length > 0 ? videosBelow(folder) : { videos: [] }
  const later = [...videos.filter(isPictureName), ...videos.filter(path => !isPictureName(path))]
  return new Map(later.map(path => [composed(isVideoName(path) ? stem(path) : basename(path)), path]))
}
