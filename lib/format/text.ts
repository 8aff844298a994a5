/** Numbers and tables for people. */
import { counted, grouped, isTame, tame } from '../tensor/words'

export { counted, grouped }

/** A number with `digits` digits after the point, and commas. */
export const fixed = (n: number, digits: number): string =>
  n.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** 0.989 as `98.9 %`. */
export const percent = (part: number): string => `${fixed(100 * part, 1)} %`

/** A number with its sign; what is 0 when written has none. */
export const signed = (value: number, digits: number): string => {
  const size = Number.isFinite(value) ? fixed(Math.abs(value), digits) : '∞'
  return Number(size) === 0 ? size : `${value < 0 ? '−' : '+'}${size}`
}
/** A difference of accuracies in percentage points. */
export const points = (difference: number): string => signed(100 * difference, 1)

/** A relative deviation, with its sign: `+2.5 %`. */
export const deviation = (found: number, expected: number): string => {
  const part = found / expected - 1
  return `${part < 0 ? '−' : '+'}${percent(Math.abs(part))}`
}

/** The prefix of a thousand in which a number is at least 1: 5,452,000 is 5.452 M. */
export const unitOf = (n: number): { readonly name: string; readonly scale: number } => {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(n, 1)) / 3)))
  return { name: ['', 'k', 'M', 'G', 'T'][power]!, scale: 1000 ** power }
}

/** Seconds as a clock shows them: 0:07, 2:41, 1:02:09. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const two = (n: number): string => `${n}`.padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A line broken between words so that none of its parts is wider, those after the first with an indent of their own. A word
 *  that is wider stays whole. */
export const wrapped = (line: string, width: number, hanging = ''): readonly string[] => {
  const [, indent = '', words = ''] = /^( *)(.*)$/.exec(line) ?? []
  const lines: string[] = []
  let current = indent
  for (const word of words.split(' ')) {
    const next = current.trim() === '' ? `${current}${word}` : `${current} ${word}`
    if (next.length > width && current.trim() !== '') {
      lines.push(current)
      current = `${hanging}${word}`
    } else current = next
  }
  return [...lines, current]
}

/** A text for a terminal: lines of a paragraph are joined and broken anew, those with an indent (tables, commands, options)
 *  broken only where they are too wide, and then with a deeper one. */
export const reflowed = (text: string, width: number): string => {
  const paragraphs: string[] = []
  let open = false
  for (const line of text.split('\n')) {
    const flows = /^\S/.test(line) && !line.endsWith(':')
    if (flows && open) paragraphs.push(`${paragraphs.pop()!} ${line}`)
    else paragraphs.push(line)
    open = flows
  }
  return paragraphs
    .flatMap(line => wrapped(line, width, `${/^ */.exec(line)![0]}${/^ /.test(line) ? '    ' : ''}`))
    .join('\n')
}

/** The least width of a first column whose texts are broken. */
const NARROWEST = 14

/** Rows of cells under a header, columns aligned: the first `left` columns to the left, the others to the right. What cells
 *  hold is shown tame.
 *  @param width that of the terminal. A table that is wider has its header and the names of its rows broken between words;
 *      where that is not enough, each row is a name and a list below it. */
export const table = (
  header: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
  width = Infinity,
): string => {
  const natural = drawn([header], rows, left)
  const lines = natural.split('\n')
  if (lines.every(line => line.length <= width)) return natural
  const words = header.map(name => name.split(' '))
  const tall = Math.max(...words.map(name => name.length))
  const heads = Array.from({ length: tall }, (_, i) => words.map(name => name[name.length - tall + i] ?? ''))
  const others = header.slice(1).reduce((sum, _, i) => sum + 2 + Math.max(...[...heads, ...rows].map(cells => cells[i + 1]!.length)), 2) // prettier-ignore
  const room = width - others
  if (room >= NARROWEST) {
    const broken = rows.flatMap(([name = '', ...cells]) =>
      wrapped(name, room, ' ').map((part, i) => [part, ...cells.map(cell => (i === 0 ? cell : ''))]),
    )
    return drawn(heads, broken, left)
  }
  return rows
    .flatMap(([name = '', ...cells]) => [
      ...wrapped(`  ${name}`, width, '    '),
      ...wrapped(`    ${cells.map((cell, i) => `${header[i + 1]!} ${cell}`).join(', ')}`, width, '    '),
    ])
    .join('\n')
}
const drawn = (heads: readonly (readonly string[])[], rows: readonly (readonly string[])[], left: number): string => {
  const lines = [...heads, ...rows].map(line => line.map(tame))
  const widths = heads[0]!.map((_, i) => Math.max(...lines.map(line => line[i]!.length)))
  const cell = (text: string, i: number): string => (i < left ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))
  return lines.map(line => `  ${line.map(cell).join('  ')}`.trimEnd()).join('\n')
}

/** `a, b or c` */
export const orList = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`

/** A word as a POSIX shell reads it back: in quotes where it holds anything that a shell may see as more than a letter, and on
 *  one line that a terminal does not obey. */
export const shellQuoted = (word: string): string =>
  /^[\w%+,./:=@-]+$/.test(word)
    ? word
    : isTame(word)
      ? `'${word.replaceAll("'", "'\\''")}'`
      : `$'${Array.from(new TextEncoder().encode(word), inBytes).join('')}'`

/** A byte between $' and ', as POSIX.1-2024 has it. */
const inBytes = (byte: number): string => {
  const letter = String.fromCharCode(byte)
  return /^[\w%+,./:=@ -]$/.test(letter) ? letter : `\\${byte.toString(8).padStart(3, '0')}`
}

/** A command line that a shell reads back as these words. */
export const commandLine = (words: readonly string[]): string => words.map(shellQuoted).join(' ')
