/** The lines of lists, and what each may mean. Pure: texts out of text. */
import { citedTo, UserError } from '../../tensor'
import { isVideoName } from './kinds'

/** What a line of a list may say. */
export interface Reading {
  readonly path: string
  /** Without one the class is the folder that the video is in. */
  readonly label?: string
  /** How many frames the video has, as lists of folders of frames say. */
  readonly frames?: number
  /** How the line was taken apart: the separators of other lines decide where this one is unclear. */
  readonly form: string
}

/** Lines of more letters are none of a list. */
const LINE_LIMIT = 4000

/**
 * Every meaning of a line of a list that may be meant:
 *
 *     path label · path,label · path;label · path⇥label · "path" label · path frames label · path
 *
 * A tab or quotes decide. Otherwise names may hold blanks and commas, and the path is what ends as videos' names do, if
 * anything does.
 *
 * @returns readings that differ from each other; none where the line has no label and its end is no video's
 * @throws UserError when the line is too long to be one of a list
 */
export const readings = (line: string): readonly Reading[] => {
  if (line.length > LINE_LIMIT) throw new UserError(`must be at most ${LINE_LIMIT} characters, got ${line.length}`)
  const text = line.trim()
  const all = [...separated(text), ...(isVideoName(unquoted(text)) ? [{ path: unquoted(text), form: 'alone' }] : [])]
  const videos = all.filter(({ path }) => isVideoName(path))
  return different(videos.length > 0 ? videos : all.filter(({ path }) => path !== ''))
}

/** Two readings are cited in one line. */
const short = citedTo(40)

/** A reading in words, for messages. */
export const described = ({ path, label, frames }: Reading): string =>
  [
    `path ${short(path)}`,
    ...(frames === undefined ? [] : [`of ${frames} frames`]),
    label === undefined ? 'in the folder of its class' : `with label ${short(label)}`,
  ].join(' ')

/** A list's line as strings between one separator; quotes keep it together. */
export const fieldsOf = (line: string, separator: RegExp): readonly string[] => {
  const cuts = cutsOf(line).filter(({ text }) => separator.test(text))
  const ends = [...cuts.map(({ at }) => at), line.length]
  return ends.map((end, i) => unquoted(line.slice(i === 0 ? 0 : cuts[i - 1]!.end, end).trim()))
}

// ---- parts -----------------------------------------------------------------------------------------------------------

interface Cut {
  readonly at: number
  readonly end: number
  readonly text: string
}

/** Where a line may be cut: at commas and semicolons with the blanks around them, at blanks, at tabs; not in quotes. */
const cutsOf = (line: string): readonly Cut[] =>
  [...line.matchAll(/"(?:[^"]|"")*"(?=\s|[,;]|$)|(\s*[,;\t]\s*|\s+)/g)].flatMap(({ 0: text, 1: cut, index }) =>
    cut === undefined ? [] : [{ at: index, end: index + text.length, text }],
  )

const kindOf = (text: string): string => (/[,;\t]/.exec(text)?.[0] ?? ' ').replace('\t', 'tab')

const separated = (line: string): readonly Reading[] => {
  const cuts = cutsOf(line)
  const tabs = cuts.filter(({ text }) => text.includes('\t'))
  const isQuoted = /^"(?:[^"]|"")*"(?=\s|[,;])/.test(line)
  const usable = tabs.length > 0 ? tabs.slice(0, 1) : isQuoted ? cuts.slice(0, 1) : cuts
  return usable.flatMap(({ at, end, text }, i) => {
    const path = unquoted(line.slice(0, at).trim())
    const rest = line.slice(end).trim()
    if (rest === '') return []
    const form = `${kindOf(text)}${usable.slice(0, i).filter(cut => kindOf(cut.text) === kindOf(text)).length}`
    const counted = /^(\d{1,9})(?:\s*[,;\t]\s*|\s+)(\d+)$/.exec(rest)
    const whole = { path, label: unquoted(rest), form }
    if (counted === null) return [whole]
    const withFrames = { path, frames: Number(counted[1]), label: counted[2]!, form: `${form} frames` }
    return tabs.length > 0 ? [withFrames] : [whole, withFrames]
  })
}

const unquoted = (text: string): string =>
  /^"(?:[^"]|"")*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"').trim() : text

const different = (all: readonly Reading[]): readonly Reading[] => [
  ...new Map(
    all.map(reading => [JSON.stringify([reading.path, reading.label, reading.frames]), reading] as const),
  ).values(),
]
