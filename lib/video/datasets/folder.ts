/** A folder with a folder for each class. */
import { realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { cited, UserError } from '../../tensor'
import { counted } from '../../tensor/words'
import { type Dataset, filled, type Known, some, type VideoProblem } from './dataset'
import { isVideoName, seriesOf } from './kinds'
import { labelsOf } from './names'
import { type Entry, entriesOf, suffixes, videosBelow } from './tree'

/**
 * A folder that holds a folder for each class, with its videos at any depth; a folder of numbered pictures within one is a
 * video. Classes are in the order of their names, or of their numbers where they are numbers; folders without a video are none.
 *
 * @throws UserError when there is no folder in it, none of the known classes, no video, or numbered pictures that may be a
 *   video or a class
 */
export const folderDataset = (folder: string, known: Known = {}): Dataset => {
  if (dirname(resolve(folder)) === resolve(folder))
    throw new UserError(`${folder}: must be a folder of videos, got all files that there are`)
  const entries = entriesOf(folder)
  const folders = entries.filter(({ kind }) => kind === 'folder')
  if (folders.length === 0)
    throw new UserError(`${folder}: must have a folder for each class, got ${contents(entries)}`)
  const above = [realpathSync(folder)]
  const all = folders.map(entry => ({ ...entry, found: videosBelow(entry.path, { isSeries: true, above }) }))
  const series = all.find(({ path, found }) => found.videos[0] === path)
  if (series) throw ambiguous(folder, series)
  const classes = all.filter(({ found }) => found.videos.length > 0)
  const empty = all.filter(({ found }) => found.videos.length === 0).map(({ name }) => cited(name))
  const labelled = classes.map(({ name }) => ({ label: name, where: '' }))
  const labels = labelsOf(folder, labelled, known, false)
  const videos = classes.flatMap(({ found }, i) => found.videos.map(path => ({ path, label: labels.indices[i]! })))
  const passed = [...all.flatMap(({ found }) => found.passed), ...entries.filter(isOther).map(({ path }) => path)]
  const remarks = [
    ...(empty.length === 0 ? [] : [`${counted(empty.length, 'folder has', 'folders have')} no video: ${some(empty)}`]),
    ...(passed.length === 0
      ? []
      : [`${counted(passed.length, 'file is', 'files are')} passed over: ${suffixes(passed)}`]),
  ]
  const problems = [...strays(entries), ...all.flatMap(({ found }) => found.problems)]
  return filled(folder, { classes: labels.classes, videos, problems, remarks })
}

/** The folders of splits. */
export interface SplitFolders {
  readonly train: string
  readonly validate?: string | undefined
  readonly test?: string | undefined
}

const splitNames: ReadonlyMap<string, keyof SplitFolders> = new Map([
  ...['train', 'training'].map(name => [name, 'train'] as const),
  ...['val', 'valid', 'validate', 'validation'].map(name => [name, 'validate'] as const),
  ...['test', 'testing'].map(name => [name, 'test'] as const),
])

/** The name of a split, whichever of its names is given: `val` is validate. */
export const splitName = (name: string): string => splitNames.get(name.toLowerCase()) ?? name

/**
 * The splits of a folder that holds `train` and `val`, `validation` or `test`, and no other folder, each with folders of
 * classes; undefined of any other folder.
 */
export const splitsIn = (folder: string): SplitFolders | undefined => {
  const folders = entriesOf(folder).filter(({ kind }) => kind === 'folder')
  const paths = new Map(folders.map(({ name, path }) => [splitName(name), path]))
  const [train, validate, test] = ['train', 'validate', 'test'].map(name => paths.get(name))
  if (train === undefined || (validate ?? test) === undefined || paths.size !== folders.length) return undefined
  const known = folders.every(({ name }) => splitNames.has(name.toLowerCase()))
  const nested = folders.every(({ path }) => entriesOf(path).some(({ kind }) => kind === 'folder'))
  return known && nested ? { train, validate, test } : undefined
}

// ---- parts -----------------------------------------------------------------------------------------------------------

const isOther = ({ kind, name }: Entry): boolean => kind === 'file' && !isVideoName(name)

/** Videos beside the folders of classes: of no class. */
const strays = (entries: readonly Entry[]): readonly VideoProblem[] =>
  entries.flatMap(({ path, name, kind }) =>
    kind === 'file' && isVideoName(name)
      ? [{ path, reason: 'must be in the folder of a class' }]
      : kind === 'gone'
        ? [{ path, reason: 'must lead to a folder, got a link to none' }]
        : [],
  )

const contents = (entries: readonly Entry[]): string => {
  const names = entries.map(({ name }) => cited(name))
  return names.length === 0 ? 'nothing' : some(names)
}

/** A folder of numbered pictures where a class is expected: the frames of a video, or pictures of a class? */
const ambiguous = (folder: string, { name, path }: Entry): UserError => {
  const pictures = seriesOf(entriesOf(path).map(entry => entry.name))
  const shown = cited(name).slice(1, -1)
  return new UserError(
    `${folder}: ${cited(name)} must be a class or a video, got ${pictures.length} numbered pictures, which may be either: ` +
      `the frames of a video belong below its class, as CLASS/${shown}/${pictures[0]}, or a list says the class of each video`,
  )
}
