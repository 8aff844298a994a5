/** Tables of videos: files whose first line names the columns, Kinetics' among them. */
import { basename, dirname, extname, join } from 'node:path'
import { cited, UserError } from '../../tensor'
import { type Dataset } from './dataset'
import { datasetOf, type Listed, type ListOptions } from './entries'
import { type Finder, finderIn } from './finder'
import { isVideoName } from './kinds'
import { kineticsListed } from './kinetics'
import { described, readings } from './readings'
import { headerOf, linesOf, plain, rowsOf } from './rows'
import { isFolder } from './text'

const words = (text: string): readonly string[] => text.split(' ')

/** What columns are called, in plain letters. */
const columns = {
  path: words(
    'path videopath filepath clippath framedir video videos file filename clip clipname videoname videoid id name folder',
  ),
  label: words('label labels class classname category action tag target labelname labelid classid classindex'),
  frames: words('frames numframes totalframes framecount nframes'),
  split: words('split subset partition'),
}
type Role = keyof typeof columns

const isOf = (role: Role, name: string): boolean => columns[role].includes(plain(name))
const isKinetics = (names: readonly string[]): boolean => names.some(name => plain(name) === 'youtubeid')

/** Whether a text's first line names columns: one of videos and one of labels, or Kinetics'. */
export const isTable = (text: string): boolean => {
  const { names } = headerOf(text)
  const has = (role: Role): boolean => names.some(name => isOf(role, name))
  return !names.some(isVideoName) && (isKinetics(names) || (has('label') && has('path')))
}

/**
 * The dataset of a table: with a column of paths, ids or names and one of labels, and maybe of splits; or with Kinetics'
 * columns label, youtube_id, time_start, time_end and split. Videos are in the folder that `videos` says, or else beside the
 * table: in a folder of its name, or `videos`, or its own, which paths may start from as well.
 *
 * @throws UserError when the table lacks a column or has it twice, cannot be parsed, or as `datasetOf` does
 */
export const tableDataset = (table: string, text: string, options: ListOptions): Dataset => {
  const { names, separator } = headerOf(text)
  const beside = [join(dirname(table), basename(table, extname(table))), join(dirname(table), 'videos')].find(isFolder)
  const finder = beside === undefined || options.videos !== undefined ? finderIn(options.videos ?? dirname(table)) : orElse(finderIn(beside), finderIn(dirname(table))) // prettier-ignore
  if (separator === ' ') return datasetOf(table, spacedListed(table, text, names, finder), finder, options)
  const rows = rowsOf(table, text, separator)
  if (rows.length === 0) throw new UserError(`${table}: must have rows under its header, got none`)
  if (isKinetics(names)) return datasetOf(table, kineticsListed(table, rows, finder), finder, options)
  const column = (role: Role): string => columnOf(table, names, role) ?? ''
  const [path, label, split] = [column('path'), column('label'), column('split')]
  const listed = rows.map(({ where, row }): Listed => {
    for (const needed of [path, label])
      if (row[needed] === '') throw new UserError(`${table}: ${where}: must have a ${needed}, got none`)
    const name = row[path]!
    return { where, label: row[label]!, name, path: finder.at(name) ?? finder.named(name), split: row[split] }
  })
  return datasetOf(table, listed, finder, options)
}

/** Finds what is in one folder, or else from another on. */
const orElse = (first: Finder, other: Finder): Finder => ({ ...first, at: path => first.at(path) ?? other.at(path) })

/** The column of a role; of several the one whose name says that it holds paths. */
const columnOf = (table: string, names: readonly string[], role: Role): string | undefined => {
  const all = names.filter(name => isOf(role, name))
  const paths = all.filter(name => plain(name).includes('path'))
  const found = paths.length === 1 ? paths : all
  if (found.length > 1) throw new UserError(`${table}: must have one column of a ${role}, got ${found.join(', ')}`)
  return found[0]
}

/** Rows under `path label` or `path frames label`, with blanks between them and maybe within paths and labels. */
const spacedListed = (table: string, text: string, names: readonly string[], finder: Finder): readonly Listed[] => {
  const order = names.map(name => (['path', 'frames', 'label'] as const).find(role => isOf(role, name))).join(' ')
  if (order !== 'path label' && order !== 'path frames label')
    throw new UserError(
      `${table}: line 1: must be 'path label' or 'path frames label' or have commas, got ${cited(names.join(' '))}`,
    )
  return linesOf(text)
    .slice(1)
    .map(({ line, where }) => {
      const found = readings(line).filter(({ frames, label }) =>
        order === 'path label' ? label !== undefined && frames === undefined : frames !== undefined,
      )
      const [one] = found
      if (one?.label !== undefined && found.length === 1)
        return { where, label: one.label, name: one.path, path: finder.at(one.path) }
      const meanings = found.length === 0 ? cited(line) : found.slice(0, 2).map(described).join(', or ')
      throw new UserError(`${table}: ${where}: must be '${order}', got ${meanings}`)
    })
}
