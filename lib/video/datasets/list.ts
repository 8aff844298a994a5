/** Lists of videos: a line each, in the forms that the field's tools read and write. */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cited, UserError } from '../../tensor'
import { composed, type Dataset } from './dataset'
import { datasetOf, type Listed, type ListOptions } from './entries'
import { type Finder, finderIn } from './finder'
import { namedBy, readClassNames } from './names'
import { described, type Reading, readings } from './readings'
import { isTable, tableDataset } from './table'
import { type Line, linesOf } from './rows'
import { isFolder, textOf } from './text'

/**
 * A text file with a video in each line, whatever its name ends in: `path label`, with a blank, a tab, a comma or a semicolon
 * between (SlowFast, VideoMAE, UniFormer, Jester, Something-Something v1); `path frames label` (mmaction2's folders of frames);
 * `path` alone, in the folder of its class (UCF101's test lists). Labels are names or numbers. A first line that names columns
 * makes it a table. Empty lines and those that begin with # are skipped.
 *
 * UCF101's classInd.txt names numbered classes where it is beside the list.
 *
 * @throws UserError when a line has no label, or may be read in several ways and neither the disk nor the other lines decide;
 *   a label is no known class; or no video is there
 */
export const listDataset = (list: string, options: ListOptions = {}): Dataset => {
  const text = textOf(list)
  if (isTable(text)) return tableDataset(list, text, options)
  const finder = finderIn(options.videos ?? dirname(list))
  const read = decided(list, linesOf(text), finder)
  const alone = read.every(({ label }) => label === undefined)
  const listed = read.map(({ path, label, where }): Listed => {
    const own = label ?? (alone ? composed(basename(dirname(path))) : '')
    if (own === '' || own === '.') throw noLabel(list, where, path)
    return { where, label: own, name: path, path: finder.at(path) }
  })
  const classNames = options.classNames ?? besideIt(list)
  const remarks = classNames === options.classNames ? [] : [namedBy(readClassNames(classNames!))]
  return datasetOf(list, listed, finder, { ...options, classNames }, remarks)
}

const noLabel = (list: string, where: string, line: string): UserError =>
  new UserError(`${list}: ${where}: must be a path and a label, got ${cited(line)}`)

/** UCF101's names of classes. */
const besideIt = (list: string): string | undefined => {
  const file = join(dirname(list), 'classInd.txt')
  return basename(list) !== 'classInd.txt' && existsSync(file) ? file : undefined
}

/** The reading of each line: the only one, the only one whose path is there, or the only one in the form of other lines. */
const decided = (list: string, lines: readonly Line[], finder: Finder): readonly (Reading & Line)[] => {
  const all = lines.map(line => {
    const possible = readingsAt(list, line)
    return { ...line, readings: possible.length > 1 ? byDisk(possible, finder) : possible }
  })
  const forms = new Set(all.flatMap(({ readings }) => (readings.length === 1 ? [readings[0]!.form] : [])))
  return all.map(({ line, where, readings }) => {
    if (readings.length === 0) throw noLabel(list, where, line)
    const alike = readings.length === 1 ? readings : readings.filter(({ form }) => forms.has(form))
    if (alike.length === 1) return { ...alike[0]!, line, where }
    const [first, second, ...more] = readings as [Reading, Reading, ...Reading[]]
    const others = more.length === 0 ? '' : more.length === 1 ? ', or one other' : `, or one of ${more.length} others`
    throw new UserError(
      `${list}: ${where}: must have one meaning, got ${described(first)}, or ${described(second)}${others}: ` +
        `a tab after the path, or a first line 'path label' or 'path frames label' says which`,
    )
  })
}

/** Readings whose path is there, if any is; of a folder the one that says how many frames it has. */
const byDisk = (possible: readonly Reading[], finder: Finder): readonly Reading[] => {
  const there = possible.filter(({ path }) => finder.at(path) !== undefined)
  const counted = there.filter(({ path, frames }) => frames !== undefined && isFolder(finder.at(path)!))
  const one = new Set(there.map(({ path }) => path)).size === 1 && counted.length === 1 ? counted : there
  return one.length === 1 ? one : possible
}

const readingsAt = (list: string, { line, where }: Line): readonly Reading[] => {
  try {
    return readings(line)
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${list}: ${where}: ${error.message}`) : error
  }
}
