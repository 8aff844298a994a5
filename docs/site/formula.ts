/** Formulas as MathML, their symbols marked. */
import temml from 'temml'
import { upright } from '../generator/formula'
import type { Page } from './contents'

/** What a regular expression takes literally. */
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A formula in which every symbol of the page has the class `k-NAME`. */
export const formula = (tex: string, symbols: Page['symbols'] = {}, displayMode = false): string => {
  const marks = Object.entries(symbols)
    .flatMap(([name, symbol]) => symbol.tex.map(part => [part, name] as const))
    .sort(([a], [b]) => b.length - a.length)
  const names = new Map(marks)
  const pattern = marks.map(([part]) => literal(part)).join('|')
  // A letter is a symbol where it stands alone: not in a word, nor as the beginning of a longer name.
  const found = pattern && new RegExp(`(?<![A-Za-z\\\\{])(?:${pattern})(?![A-Za-z])`, 'g')
  const marked = found ? tex.replace(found, part => `\\class{k-${names.get(part)!}}{${part}}`) : tex
  return temml.renderToString(upright(marked.trim()), { displayMode, throwOnError: true, trust: true })
}
