/** Classes: their names, their numbers, and which of them a label means. */
import { basename } from 'node:path'
import { cited, UserError } from '../../tensor'
import { isRecord } from '../../tensor/given'
import { CLASS_LIMIT, composed, type Known, some } from './dataset'
import { linesOf } from './rows'
import { jsonOf, textOf } from './text'

/** Names of numbered classes. */
export interface ClassNames {
  readonly file: string
  /** In the order of their numbers. */
  readonly names: readonly string[]
  /** The name that a number stands for; numbers may begin with 1, as UCF101's do. */
  readonly byNumber: ReadonlyMap<string, string>
}

/** `007` and Charades' `c007` are 7. */
const numberOf = (text: string): string | undefined => /^c?0*(\d+)$/.exec(text.trim())?.[1]

/**
 * The names of numbered classes in a file: lines of `number name` (UCF101's classInd.txt, Charades' classes), lines of names
 * alone, which are numbered from 0, a CSV file with the columns id and name, or JSON: a list of names, or an object of
 * numbers by names (Something-Something's labels.json, Kinetics' classnames) or of names by numbers.
 *
 * @throws UserError when the file is none of these, or names a class twice
 */
export const readClassNames = (file: string): ClassNames => {
  const text = textOf(file)
  const json = jsonOf(text)
  const pairs = json === undefined ? ofLines(text) : ofJson(file, json)
  if (pairs.length === 0) throw new UserError(`${file}: must name classes, got none`)
  const sorted = pairs.map(([n, name]) => [n, composed(name)] as const).sort(([m], [n]) => Number(m) - Number(n))
  const names = sorted.map(([, name]) => name)
  for (const column of [names, sorted.map(([n]) => n)]) {
    const twice = column.find((value, i) => column.indexOf(value) !== i && i < CLASS_LIMIT)
    if (twice !== undefined) throw new UserError(`${file}: must have every class once, got ${cited(twice)} twice`)
  }
  return { file, names, byNumber: new Map(sorted) }
}

type Pair = readonly [number: string, name: string]

const ofLines = (text: string): readonly Pair[] => {
  const lines = linesOf(text).map(({ line }) => line.trim())
  const body = /^\W*(id|index|label|number)\W+(name|class)/i.test(lines[0] ?? '') ? lines.slice(1) : lines
  const numbered = body.map(line => /^(c?\d+)\s*(?:[\s,;:]\s*)(.*\S)$/.exec(line))
  return numbered.every(match => match !== null)
    ? numbered.map(match => [numberOf(match[1]!)!, bare(match[2]!)])
    : body.map((line, i) => [String(i), bare(line)])
}

const ofJson = (file: string, json: unknown): readonly Pair[] => {
  if (Array.isArray(json) && json.every(name => typeof name === 'string'))
    return json.map((name, i) => [String(i), bare(name)])
  if (isRecord(json)) {
    const entries = Object.entries(json)
    if (entries.every(([, value]) => numberOf(String(value)) !== undefined))
      return entries.map(([name, value]) => [numberOf(String(value))!, bare(name)])
    if (entries.every(([key, value]) => numberOf(key) !== undefined && typeof value === 'string'))
      return entries.map(([key, value]) => [numberOf(key)!, bare(value as string)])
  }
  throw new UserError(`${file}: must be a list of names, or an object of names and numbers, got other JSON`)
}

/** A name without quotes around it. */
const bare = (name: string): string => name.trim().replace(/^"(.*)"$/, '$1')

/** Something that has a label, and where it was read: `line 3`. */
export interface Labelled {
  readonly label: string
  readonly where: string
}

/** The classes of labels, and the index of each label. */
export interface Labels {
  readonly classes: readonly string[]
  readonly indices: readonly number[]
}

/**
 * What labels mean: names of classes, or where all of them are numbers, the numbers that a file of names gives them, or
 * else the places of the known classes. Without either a class is named by its number, from 0 on. Numbers are in their order,
 * names in alphabetical order.
 *
 * @param mayBeNumbers whether labels may be numbers without a file that says so
 * @throws UserError when a label is none of the known classes, or beyond any number of classes
 */
export const labelsOf = (
  source: string,
  labelled: readonly Labelled[],
  { classes: known, classNames }: Known,
  mayBeNumbers = true,
): Labels => {
  const file = classNames === undefined ? undefined : readClassNames(classNames)
  const numbered = (mayBeNumbers || file !== undefined) && labelled.every(({ label }) => /^\d+$/.test(label))
  const named = labelled.map(({ label, where }) => {
    const number = numberOf(label)
    const name = number === undefined ? undefined : file?.byNumber.get(number)
    if (numbered && file && name === undefined)
      throw refused(source, where, `a number in ${basename(file.file)}`, label)
    return name ?? composed(label)
  })
  const classes = known ?? file?.names ?? (numbered ? numbersOf(source, labelled) : distinct(source, labelled, named))
  const places = new Map(classes.map((name, label) => [composed(name), label]))
  // Numbers mean places, unless classes are numbers themselves.
  const byPlace = numbered && !file && !classes.every(name => numberOf(name) !== undefined)
  const expected = byPlace ? `below ${classes.length}, the number of classes` : `one of ${classes.length} known classes`
  const indices = named.map((name, i) => {
    const place = byPlace ? Number(name) : (places.get(name) ?? places.get(numberOf(name) ?? ''))
    if (place !== undefined && place < classes.length) return place
    throw refused(source, labelled[i]!.where, expected, labelled[i]!.label)
  })
  return { classes, indices }
}

const refused = (source: string, where: string, expected: string, label: string): UserError =>
  new UserError(`${source}: ${where}${where === '' ? '' : ': '}label must be ${expected}, got ${cited(label)}`)

/** Numbered classes: all numbers up to the last. */
const numbersOf = (source: string, labelled: readonly Labelled[]): readonly string[] => {
  const most = labelled.reduce((max, { label, where }) => {
    if (Number(label) >= CLASS_LIMIT) throw refused(source, where, `below ${CLASS_LIMIT}`, label)
    return Math.max(max, Number(label))
  }, -1)
  return Array.from({ length: most + 1 }, (_, i) => String(i))
}

const distinct = (source: string, labelled: readonly Labelled[], named: readonly string[]): readonly string[] => {
  const names = new Set<string>()
  named.forEach((name, i) => {
    if (name === '') throw refused(source, labelled[i]!.where, 'a name', name)
    names.add(name)
    if (names.size > CLASS_LIMIT)
      throw refused(source, labelled[i]!.where, `one of at most ${CLASS_LIMIT} classes`, name)
  })
  return inOrder([...names])
}

/** Names in alphabetical order, and in that of their numbers where all are numbers. */
export const inOrder = (names: readonly string[]): readonly string[] =>
  names.every(name => /^\d+$/.test(name))
    ? [...names].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    : [...names].sort()

/** What a remark says of a file of names that was found by itself. */
export const namedBy = ({ file, names }: ClassNames): string =>
  `classes are named by ${file}: ${some(names.map(cited), 2)}`
