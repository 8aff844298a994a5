/** Whatever a dataset is in: what a path holds decides how it is read, not its name. */
import { extname } from 'node:path'
import { cited, UserError } from '../../tensor'
import { type Dataset } from './dataset'
import type { ListOptions } from './entries'
import { folderDataset, splitName, type SplitFolders, splitsIn } from './folder'
import { hasHmdb51Splits, hmdb51Dataset } from './hmdb51'
import { jsonDataset } from './json'
import { listDataset } from './list'
import { jsonOf, kindOf, statOf, textOf } from './text'

/** The folders of the splits that a folder is made of; undefined of anything else. */
export const splitsOf = (data: string): SplitFolders | undefined =>
  statOf(data).isDirectory() && !hasHmdb51Splits(data) ? splitsIn(data) : undefined

/**
 * The dataset at a path: a folder with a folder for each class, or with `train` and `val` of such folders, or with HMDB51's
 * splits; a list, a table, or annotations in JSON.
 *
 * @throws UserError in one line that names the path, what must be there and what is: as `folderDataset`, `listDataset` and the
 *   others do, and for a split of what has none
 */
export const openDataset = (data: string, options: ListOptions = {}): Dataset => {
  const stat = statOf(data)
  if (!stat.isDirectory()) {
    if (!stat.isFile()) throw new UserError(`${data}: must be a folder or a file, got ${kindOf(stat)}`)
    const text = textOf(data)
    const json = jsonOf(text)
    if (json !== undefined) return jsonDataset(data, json, options)
    if (extname(data).toLowerCase() === '.json') throw new UserError(`${data}: must be JSON, got other text`)
    return listDataset(data, options)
  }
  if (hasHmdb51Splits(data)) return hmdb51Dataset(data, options)
  const splits = splitsIn(data)
  const { split } = options
  if (splits === undefined && split === undefined) return folderDataset(data, options)
  if (splits === undefined) throw new UserError(`${data}: must have folders train and val for --split, got neither`)
  const names = Object.entries(splits).flatMap(([name, path]) => (path === undefined ? [] : [name]))
  if (split === undefined)
    throw new UserError(`${data}: must be of one split, got ${names.join(', ')}: --split says which`)
  const folder = splits[splitName(split) as keyof SplitFolders]
  if (folder !== undefined) return folderDataset(folder, options)
  throw new UserError(`${data}: split must be one of ${names.join(', ')}, got ${cited(split)}`)
}
