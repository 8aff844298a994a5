/** Tables as text: their header, and their rows by the names of the columns. */
import { parse } from 'csv-parse/sync'
import { cited, UserError } from '../../tensor'
import { fieldsOf } from './readings'

/** A row by the names of the columns, and where it is: `line 3`. */
export interface Row {
  readonly where: string
  readonly row: Readonly<Record<string, string>>
}

/** A table's first line. */
export interface Header {
  readonly names: readonly string[]
  /** A tab, a semicolon, a comma or a blank. */
  readonly separator: string
}

/** A line of a text. */
export interface Line {
  readonly where: string
  readonly line: string
}

/** The lines of a text that say something: neither empty nor a comment. */
export const linesOf = (text: string): readonly Line[] =>
  text
    .split(/\r?\n|\r/)
    .map((line, i) => ({ line, where: `line ${i + 1}` }))
    .filter(({ line }) => line.trim() !== '' && !line.startsWith('#'))

/** A column's name without what its writers differ in: `YouTube_ID` is `youtubeid`. */
export const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '')

/** The first line of a text, as one that names columns. */
export const headerOf = (text: string): Header => {
  const line = /^(?:(?:#.*|\s*)(?:\r\n|\n|\r))*(.{0,4000})/.exec(text)?.[1] ?? ''
  const separator = ['\t', ';', ','].find(one => line.includes(one)) ?? ' '
  return { separator, names: fieldsOf(line.trim(), separator === ' ' ? /\s/ : new RegExp(separator)) }
}

/** The rows below a table's header. Throws UserError where a row has other columns, or quotes are left open. */
export const rowsOf = (table: string, text: string, delimiter: string): readonly Row[] => {
  const options = { columns: true, trim: true, skip_empty_lines: true, comment: '#', comment_no_infix: true } as const
  try {
    const rows = parse(text, { ...options, info: true, delimiter }) as unknown as readonly Parsed[]
    return rows.map(({ record, info }) => ({ where: `line ${info.lines}`, row: record }))
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n')
    throw new UserError(`${table}: must be a table, got other text (${cited(reason!).slice(1, -1)})`, { cause: error })
  }
}

interface Parsed {
  readonly record: Row['row']
  readonly info: { readonly lines: number }
}
