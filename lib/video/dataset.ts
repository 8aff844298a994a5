/** Videos and their classes: a folder per class, Kinetics' annotations beside a folder, or a list. */
import { parse } from 'csv-parse/sync'
import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { UserError } from '../tensor'
import { refused } from './bytes'

/** A video, and the index of its class. */
export type LabelledVideo = Readonly<{ path: string; label: number }>

/** A video that is left out, and why. */
export type VideoProblem = Readonly<{ path: string; reason: string }>

/** Labelled videos on disk. */
export type Dataset = Readonly<{
  /** K class names, in the order of the network's outputs. */
  classes: readonly string[]
  videos: readonly LabelledVideo[]
  /** What was left out: files that are no videos by their names, and videos that are not there. */
  problems: readonly VideoProblem[]
}>

/** Names of the classes where they are known already, as of a trained network. */
type Known = Readonly<{ classes?: readonly string[] }>

/** How the names of files end that are taken for videos or still pictures. */
export const videoExtensions = ['.mp4', '.m4v', '.mov', '.webm', '.mkv', '.png', '.jpg', '.jpeg'] as const

/**
 * A folder that holds a folder for each class; classes are in the order of their names.
 *
 * @throws UserError when there is no folder in it, none of the known classes, or no video
 */
export const folderDataset = (folder: string, { classes: known }: Known = {}): Dataset => {
  const names = entriesOf(folder).filter(isFolder).map(entry => entry.name) // prettier-ignore
  if (names.length === 0) throw new UserError(`${folder}: expected a folder for each class, found none`)
  const { classes, labelOf } = labelling(folder, known, names)
  const files = names.flatMap(name =>
    entriesOf(join(folder, name))
      .filter(entry => !isFolder(entry))
      .map(entry => ({ path: join(folder, name, entry.name), label: labelOf(name) })),
  )
  const problems = files.filter(({ path }) => !isVideo(path)).map(({ path }) => ({ path, reason: otherKind }))
  return filled(folder, { classes, videos: files.filter(({ path }) => isVideo(path)), problems })
}

/**
 * Kinetics-400 or -600: a CSV file with the columns label, youtube_id, time_start, time_end and split, and a folder with
 * files `ID_000012_000022.mp4`, at once or in folders of their own. Classes are in the order of their names.
 *
 * @param options `split` takes the rows of one split alone, as 'train' or 'validate'
 * @throws UserError when the file lacks a column or cannot be parsed, holds several splits of which none is named, or none of the
 *   name, a time is no number, or there is no video
 */
export const kineticsDataset = (
  csv: string,
  folder: string,
  { split, classes: known }: Known & Readonly<{ split?: string }> = {},
): Dataset => {
  const rows = rowsOf(csv, ['label', 'youtube_id', 'time_start', 'time_end', ...(split === undefined ? [] : ['split'])])
  const splits = [...new Set(rows.map(row => row['split'] ?? ''))].sort()
  if (split === undefined && splits.length > 1)
    throw new UserError(
      `${csv}: expected rows of one split, found those of ${splits.join(', ')}: split should name one`,
    )
  if (split !== undefined && !splits.includes(split))
    throw new UserError(`${csv}: expected rows of split '${split}', found those of ${splits.join(', ')}`)
  const chosen = split === undefined ? rows : rows.filter(row => row['split'] === split)
  const { classes, labelOf } = labelling(
    csv,
    known,
    rows.map(row => row['label']!),
  )
  const there = new Map(entriesOf(folder, true).filter(isNamedVideo).map(entry => [stem(entry.name), join(entry.parentPath, entry.name)])) // prettier-ignore
  const found = chosen.map(row => {
    const name = [row['youtube_id'], ...[row['time_start']!, row['time_end']!].map(time => sixDigits(csv, time))].join(
      '_',
    )
    return { name, path: there.get(name), label: labelOf(row['label']!) }
  })
  const videos = found.flatMap(({ path, label }) => (path === undefined ? [] : [{ path, label }]))
  const missing = found.filter(({ path }) => path === undefined)
  const problems = missing.map(({ name }) => ({ path: join(folder, `${name}.mp4`), reason: 'no such video' }))
  return filled(folder, { classes, videos, problems })
}

/**
 * A text file with a video and its class in each line, `path label`: paths start from the list's folder, labels are
 * indices of classes or their names. Empty lines and those that begin with # are skipped.
 *
 * @throws UserError when a line has no label, a label is no known class, or there is no video
 */
export const listDataset = (list: string, { classes: known }: Known = {}): Dataset => {
  const lines = readText(list).split(/\r?\n/)
  const entries = lines.flatMap((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    // The label is what follows the last tab, or else the last space.
    const parts = /^(.*)\t(.*)$/.exec(line) ?? /^(.*\S)\s+(\S+)\s*$/.exec(line)
    if (parts === null) throw new UserError(`${list}: line ${i + 1}: expected a path and a label, found '${line}'`)
    return [{ path: resolve(dirname(list), parts[1]!.trim()), label: parts[2]!.trim() }]
  })
  const numbered = entries.every(({ label }) => /^\d+$/.test(label))
  const most = entries.reduce((max, { label }) => Math.max(max, Number(label)), -1)
  const numbers = Array.from({ length: numbered ? most + 1 : 0 }, (_, i) => String(i))
  if (numbered && known !== undefined && most >= known.length)
    throw new UserError(`${list}: expected labels below ${known.length}, the number of classes, found ${most}`)
  const { classes, labelOf } = labelling(
    list,
    known,
    entries.map(({ label }) => label),
  )
  const videos = entries.map(({ path, label }) => ({ path, label: numbered ? Number(label) : labelOf(label) }))
  return filled(list, { classes: numbered ? (known ?? numbers) : classes, videos, problems: [] })
}

/** What was left out, a line for each video under one with their number; nothing where nothing was. */
export const describeProblems = (problems: readonly VideoProblem[], videos: number): string => {
  if (problems.length === 0) return ''
  const named = problems.map(({ path, reason }) => (reason.startsWith(path) ? reason : `${path}: ${reason}`))
  return [`${problems.length} of ${videos} videos left out:`, ...named.map(line => `  ${line}`)].join('\n')
}

// ---- parts -----------------------------------------------------------------------------------------------------------

const otherKind = `expected a name that ends in ${videoExtensions.join(', ')}`

const filled = (name: string, dataset: Dataset): Dataset => {
  if (dataset.videos.length > 0) return dataset
  const left = dataset.problems.length === 0 ? '' : `, and ${dataset.problems.length} left out`
  throw new UserError(`${name}: expected videos, found none${left}`)
}

/** The known classes in the order of a network's outputs, or else those that are named, in the order of their names. */
const labelling = (where: string, known: readonly string[] | undefined, names: readonly string[]) => {
  const classes = known ?? [...new Set(names)].sort()
  const labels = new Map(classes.map((name, label) => [name, label]))
  const labelOf = (name: string): number => {
    const label = labels.get(name)
    if (label !== undefined) return label
    throw new UserError(`${where}: expected one of ${classes.length} known classes, found '${name}'`)
  }
  return { classes, labelOf }
}

/** What a folder holds, by name, without what is hidden. */
const entriesOf = (folder: string, recursive = false): readonly Dirent[] => {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive })
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw refused(folder, error)
  }
}

const isFolder = (entry: Dirent): boolean => entry.isDirectory()
const isVideo = (path: string): boolean => (videoExtensions as readonly string[]).includes(extname(path).toLowerCase())
const isNamedVideo = ({ name }: Dirent): boolean => isVideo(name)
const stem = (name: string): string => basename(name, extname(name))

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw refused(path, error)
  }
}

type Row = Readonly<Record<string, string>>

const rowsOf = (csv: string, columns: readonly string[]): readonly Row[] => {
  const rows = parseRows(csv, readText(csv))
  const header = Object.keys(rows[0] ?? {})
  const missing = columns.find(column => !header.includes(column))
  if (rows.length > 0 && missing !== undefined)
    throw new UserError(`${csv}: expected a column '${missing}', found ${header.join(', ')}`)
  if (rows.length === 0) throw new UserError(`${csv}: expected rows under a header, found none`)
  return rows
}

const parseRows = (csv: string, text: string): readonly Row[] => {
  try {
    return parse<Row>(text, { columns: true, bom: true, trim: true, skip_empty_lines: true })
  } catch (error) {
    throw new UserError(`${csv}: expected comma-separated values, found others (${(error as Error).message})`, {
      cause: error,
    })
  }
}

/** Kinetics' files carry whole seconds as six digits. */
const sixDigits = (csv: string, time: string): string => {
  const seconds = Math.round(Number(time))
  if (time !== '' && Number.isFinite(seconds) && seconds >= 0) return String(seconds).padStart(6, '0')
  throw new UserError(`${csv}: expected seconds as a time, found '${time}'`)
}
