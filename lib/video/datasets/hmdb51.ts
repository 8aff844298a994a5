/** HMDB51's splits: a file for each class and split, with 1 for training, 2 for testing and 0 for neither. */
import { dirname } from 'node:path'
import { cited, UserError } from '../../tensor'
import { type Dataset } from './dataset'
import { datasetOf, type Listed, type ListOptions } from './entries'
import { finderIn } from './finder'
import { linesOf } from './rows'
import { textOf } from './text'
import { entriesOf } from './tree'

const splitFile = /^(.+)_test_split([1-3])\.txt$/

/** Whether a folder holds the files of HMDB51's splits. */
export const hasHmdb51Splits = (folder: string): boolean => entriesOf(folder).some(({ name }) => splitFile.test(name))

/**
 * HMDB51 by a folder of files `CLASS_test_split1.txt` with lines `NAME.avi 1`. Splits are train1, test1, …, train3, test3; videos
 * are in a folder for each class in the one that `videos` says, or else beside the splits.
 *
 * @throws UserError when a line is none of these, no split is asked for, or as `datasetOf` does
 */
export const hmdb51Dataset = (folder: string, { videos, ...options }: ListOptions): Dataset => {
  const finder = finderIn(videos ?? dirname(folder))
  const listed = entriesOf(folder).flatMap(({ name: file, path }) => {
    const [, label, n] = splitFile.exec(file) ?? []
    if (label === undefined) return []
    return linesOf(textOf(path)).flatMap(({ line, where }): readonly Listed[] => {
      const at = `${file}, ${where}`
      const [, name, use] = /^(\S.*?)\s+([012])$/.exec(line.trim()) ?? []
      if (name === undefined) throw new UserError(`${folder}: ${at}: must be a name and 0, 1 or 2, got ${cited(line)}`)
      const within = `${label}/${name}`
      const split = `${use === '1' ? 'train' : 'test'}${n}`
      return use === '0' ? [] : [{ where: at, label, name: within, path: finder.at(within) ?? finder.at(name), split }]
    })
  })
  return datasetOf(folder, listed, finder, options)
}
