import { tame } from '../../tensor'
import { wrapped } from '../../format/text'
import type { Paint } from './terminal'

const INDENT = ' '.repeat(12)

/** A key and what is said of it, broken between words where a terminal ends; what follows stands below what is said. */
export const keyLine = (paint: Paint, key: string, value: string, columns: number): string => {
  const [first = '', ...rest] = wrapped(tame(value), columns - INDENT.length)
  return [`  ${paint('gray', key.padEnd(8))}  ${first}`, ...rest.map(more => `${INDENT}${more}`)].join('\n')
}
