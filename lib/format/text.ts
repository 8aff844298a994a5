/** Numbers and tables for people. */

/** Whole numbers with a comma every three digits: 107,418,289. */
export const grouped = (n: number): string => n.toLocaleString('en-US')

/** A number with `digits` digits after the point, and commas. */
export const fixed = (n: number, digits: number): string =>
  n.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** 0.989 as `98.9 %`. */
export const percent = (part: number): string => `${fixed(100 * part, 1)} %`

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

/** Rows of cells under a header, columns aligned: the first `left` columns to the left, the others to the right. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[], left = 1): string => {
  const lines = [header, ...rows]
  const widths = header.map((_, i) => Math.max(...lines.map(line => line[i]!.length)))
  const cell = (text: string, i: number): string => (i < left ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))
  return lines.map(line => `  ${line.map(cell).join('  ')}`.trimEnd()).join('\n')
}

/** `a, b or c` */
export const orList = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`

/** `1 video is`, `2 videos are` */
export const counted = (n: number, one: string, many: string): string => `${grouped(n)} ${n === 1 ? one : many}`

/** A word as a POSIX shell reads it back: in quotes where it holds anything that a shell may see as more than a letter. */
export const shellQuoted = (word: string): string =>
  /^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** A command line that a shell reads back as these words. */
export const commandLine = (words: readonly string[]): string => words.map(shellQuoted).join(' ')
