import { stripVTControlCharacters } from 'node:util'
import { tame } from '../../tensor'
import { fixed } from '../../format/text'
import type { Paint } from './terminal'

const NOTHING = '·'

/** More classes than these are not shown as a table in a terminal. */
export const MAX_TABLE_CLASSES = 12

/** How often clips of a class (row) were taken for another (column), for a terminal: the right ones green, the others
 *  red. The words of a class's name stand above each other over its column; the last column is the part that is
 *  right, in percent. The eight classes of digits in motion take 79 columns; where a terminal has fewer, columns go by
 *  the numbers of the rows. */
export const confusionTable = (
  table: readonly (readonly number[])[],
  classes: readonly string[],
  paint: Paint,
  columns = Infinity,
): string => {
  const classNames = classes.map(tame)
  const named = drawn(table, classNames, classNames, paint)
  if (columns >= widest(named)) return named
  const numbers = classNames.map((_, k) => `${k + 1}`)
  const both = classNames.map((name, k) => `${numbers[k]!.padStart(`${classNames.length}`.length)} ${name}`)
  return drawn(table, both, numbers, paint)
}

/** The width of a text that may be painted. */
const widest = (text: string): number =>
  Math.max(...stripVTControlCharacters(text).split('\n').map(line => line.length)) // prettier-ignore

const drawn = (
  table: readonly (readonly number[])[],
  rowNames: readonly string[],
  columnNames: readonly string[],
  paint: Paint,
): string => {
  const words = columnNames.map(name => name.split(' '))
  const height = Math.max(...words.map(w => w.length))
  const widths = words.map((w, k) => Math.max(...w.map(t => t.length), ...table.map(row => `${row[k]!}`.length)))
  const label = Math.max(...rowNames.map(name => name.length))
  const gray = (text: string): string => paint('gray', text)
  const header = Array.from({ length: height }, (_, line) => [
    ' '.repeat(label),
    ...words.map((w, k) => gray((w[line - height + w.length] ?? '').padStart(widths[k]!))),
    gray(line === height - 1 ? '  %' : ''),
  ])
  const rows = table.map((row, i) => {
    const all = row.reduce((a, b) => a + b, 0)
    const cells = row.map((n, j) => {
      const text = (n === 0 ? NOTHING : `${n}`).padStart(widths[j]!)
      return n === 0 ? gray(text) : paint(i === j ? 'green' : 'red', text)
    })
    return [rowNames[i]!.padEnd(label), ...cells, gray(all === 0 ? '' : fixed((100 * row[i]!) / all, 0).padStart(3))]
  })
  return [...header, ...rows].map(line => `  ${line.join(' ')}`.trimEnd()).join('\n')
}
