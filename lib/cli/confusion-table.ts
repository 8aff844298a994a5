import { fixed } from './text'
import type { Paint } from './terminal'

const NOTHING = '·'

/** How often clips of a class (row) were taken for another (column), for a terminal: the right ones green, the others
 *  red. The words of a class's name stand above each other over its column. */
export const confusionTable = (
  table: readonly (readonly number[])[],
  classNames: readonly string[],
  paint: Paint,
): string => {
  const words = classNames.map(name => name.split(' '))
  const height = Math.max(...words.map(w => w.length))
  const widths = words.map((w, k) => Math.max(...w.map(t => t.length), ...table.map(row => `${row[k]!}`.length)))
  const label = Math.max(...classNames.map(name => name.length))
  const header = Array.from({ length: height }, (_, line) =>
    ['', ...words.map((w, k) => (w[line - height + w.length] ?? '').padStart(widths[k]!))].map((t, i) =>
      i === 0 ? ' '.repeat(label) : paint('gray', t),
    ),
  )
  const rows = table.map((row, i) => {
    const all = row.reduce((a, b) => a + b, 0)
    const cells = row.map((n, j) => {
      const text = (n === 0 ? NOTHING : `${n}`).padStart(widths[j]!)
      return paint(n === 0 ? 'gray' : i === j ? 'green' : 'red', text)
    })
    const part = all === 0 ? '' : `${fixed((100 * row[i]!) / all, 0)} %`.padStart(6)
    return [classNames[i]!.padEnd(label), ...cells, paint('gray', part)]
  })
  return [...header, ...rows].map(line => `  ${line.join('  ')}`.trimEnd()).join('\n')
}
