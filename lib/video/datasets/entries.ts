/** From what lists and tables say of videos to a dataset. */
import { join } from 'node:path'
import { cited, tame, UserError } from '../../tensor'
import { type Dataset, filled, type Known, type LabelledVideo, type TimeSpan, some } from './dataset'
import type { Finder } from './finder'
import { splitName } from './folder'
import { groupedBy } from './groups'
import { labelsOf } from './names'

/** What is said of a video. */
export interface Listed {
  /** Where it is said, as `line 3`. */
  readonly where: string
  readonly label: string
  /** How the video is named in messages, from the folder on. */
  readonly name: string
  /** Where it is; undefined where it is not there. */
  readonly path: string | undefined
  readonly split?: string | undefined
  readonly part?: TimeSpan
}

/** Where the videos of a list are, and which of them are asked for. */
export interface ListOptions extends Known {
  /** The folder that paths start from; the list's own by default. */
  readonly videos?: string | undefined
  /** One split of several, as 'train'. */
  readonly split?: string | undefined
}

/**
 * The dataset of what is listed. Labels of all splits count as classes; videos are those of the split that is asked for.
 *
 * @throws UserError when there are several splits of which none is asked for, or none of the name; a label is none of the
 *   known classes; or no video is there, with one that is missing
 */
export const datasetOf = (
  source: string,
  listed: readonly Listed[],
  finder: Finder,
  { split, ...known }: ListOptions,
  remarks: readonly string[] = [],
): Dataset => {
  checkSplit(source, listed, split)
  const labels = labelsOf(source, listed, known)
  const asked = listed.map((entry, i) => ({ ...entry, index: labels.indices[i]! })).filter(entry => isOf(entry, split))
  const videos = asked.flatMap(({ path, index, part }): LabelledVideo[] =>
    path === undefined ? [] : [{ path, label: index, ...(part && { part }) }],
  )
  const missing = asked.filter(({ path }) => path === undefined)
  const example =
    missing.slice(0, 1).map(({ name }) => `: ${cited(name).slice(1, -1)}, for one, is not in ${finder.folder}/`)[0] ??
    ''
  if (videos.length === 0)
    throw new UserError(`${source}: must name videos that are there, got none of ${asked.length}${example}`)
  const problems = missing.map(({ name }) => ({ path: join(finder.folder, name), reason: 'no such video' }))
  const missed = missing.length === 0 ? [] : [`${missing.length} of ${asked.length} videos are not there${example}`]
  const found = { classes: labels.classes, videos, problems }
  return filled(source, { ...found, remarks: [...remarks, ...missed, ...repeated(found)] })
}

/** How many videos are listed as the same class more than once, or as several classes. Parts of one are different. */
const repeated = ({ classes, videos }: Pick<Dataset, 'classes' | 'videos'>): readonly string[] => {
  const groups = groupedBy(videos, ({ path, part }) => JSON.stringify([path, part]))
  const twice = [...groups.values()].filter(all => all.length > 1)
  if (twice.length === 0) return []
  const labelsIn = (all: readonly LabelledVideo[]): readonly number[] => [...new Set(all.map(({ label }) => label))]
  const all = twice.find(same => labelsIn(same).length > 1) ?? twice[0]!
  const names = labelsIn(all).map(label => cited(classes[label]!))
  const example = `${tame(all[0]!.path)}, for one, ${all.length} times as ${some(names, 4)}`
  return [`${twice.length === 1 ? '1 video is' : `${twice.length} videos are`} listed more than once: ${example}`]
}

const isOf = (entry: Listed, split: string | undefined): boolean =>
  split === undefined || splitName(entry.split ?? '') === splitName(split)

const checkSplit = (source: string, listed: readonly Listed[], split: string | undefined): void => {
  const splits = [...new Set(listed.map(entry => entry.split ?? ''))].sort()
  const named = some(splits.map(cited), 6)
  if (split === undefined && splits.length > 1)
    throw new UserError(`${source}: must be of one split, got ${named}: --split says which`)
  if (split === undefined || listed.some(entry => isOf(entry, split))) return
  const expected = splits.join('') === '' ? 'left out, as nothing here has one' : `one of ${named}`
  throw new UserError(`${source}: split must be ${expected}, got ${cited(split)}`)
}
