/** What comes from outside, in words: names of files and classes, values of settings, whole messages. Nothing of it is obeyed
 *  by a terminal, and nothing of it is endless. */

/** Control characters, line ends, marks that turn the direction or are no characters, and halves of ones. */
const WILD =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text without what a terminal would obey or a picture cannot hold: these are shown as JSON escapes them. */
export const tame = (text: string): string =>
  text.replace(WILD, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Whether text holds nothing that a terminal would obey. */
export const isTame = (text: string): boolean => tame(text) === text

/** Text of at most so many letters: of longer ones the beginning and the end. */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  const end = Math.floor(most / 4)
  return `${text.slice(0, most - end - 1)}…${text.slice(text.length - end)}`
}

/** Text from outside as messages show it: tame, in quotes, and not at any length. */
export const citedTo =
  (most: number) =>
  (text: string): string =>
    `'${shortened(tame(shortened(text, most)), 2 * most)}'`
/** Text from outside as messages show it: tame, in quotes, and of at most eighty letters where it is long. */
export const cited = citedTo(80)

/** The longest line of a message. */
const LONGEST = 400

/** A message as one line that is not endless, whatever it quotes. */
export const oneLine = (message: string): string =>
  shortened(tame(shortened(message.trim().replace(/\s*[\r\n]\s*/g, ' '), LONGEST)), LONGEST)

/** A value that was found where another one was expected. */
export const shown = (value: unknown): string => {
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map(item => (Array.isArray(item) ? 'a list' : shown(item)))
    return `[${[...items, ...(value.length > 8 ? ['…'] : [])].join(', ')}]`
  }
  if (value === undefined) return 'missing'
  if (typeof value === 'string') return cited(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : 'a record' // prettier-ignore
  return Object.is(value, -0) ? '-0' : String(value)
}

/** JSON for a terminal or a file: what JSON leaves as it is, and a terminal would obey, is escaped too. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).split('\n').map(tame).join('\n')

/** Whole numbers with a comma every three digits: 107,418,289. */
export const grouped = (n: number): string => n.toLocaleString('en-US')

/** So many things: `1 frame`, `2 frames`; `1 video is`, `2 videos are`. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${grouped(n)} ${n === 1 ? one : many}`
