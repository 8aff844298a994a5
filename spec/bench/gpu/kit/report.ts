/** The table of what the kit found, and its file. */
import { median } from '../../../../lib/ablation'
import { save } from '../../../../lib/disk'
import { fixed, table } from '../../../../lib/format/text'
import { jsonText, tame } from '../../../../lib/tensor'
import type { Row } from './row'

export interface Found {
  readonly command: string
  readonly machine: unknown
  readonly stages: { readonly name: string; readonly seconds: number; readonly ended: string; readonly rows: readonly Row[] }[] // prettier-ignore
}

/** Written anew after each line, whole: what came stays, whatever comes after it. */
export const write = (file: string, found: Found): void => save(file, `${jsonText(found, 2)}\n`)

/** Times beside the first one of the same work, which is ours, and by how much losses differ from its. */
const numbers = (row: Row, first: Row | undefined): readonly string[] => {
  const { ms = [], losses = [] } = row
  if (!first || ms.length === 0) return ['', '', '', '']
  const least = fixed(Math.min(...ms), 2)
  const ratio = `${fixed(median(ms) / median(first.ms!), 2)}×`
  const off = Math.max(...losses.map((l, i) => Math.abs(l - (first.losses?.[i] ?? NaN))))
  return [fixed(median(ms), 2), least, ratio, losses.length === 0 ? '' : off.toExponential(0)]
}

/** The note of a product is its speed. */
const noteOf = ({ what, ms, note = '' }: Row): string => {
  const size = Number(/ (\d+)³$/.exec(what)?.[1])
  return size && ms ? `${fixed((2 * size ** 3) / median(ms) / 1e6, 1)} GFLOP/s` : note
}

export const HEADS = ['what', 'who', 'median ms', 'least ms', "times ours' time", 'losses differ by', ''] as const

/** Rows of figures, lines of what was only said, the last of each, and of stages that did not end by themselves. */
export const partsOf = ({ stages }: Pick<Found, 'stages'>) => {
  const all = stages.flatMap(({ rows }) => rows.map((row, i) => ({ row, rest: rows.slice(i + 1), rows })))
  const same = (a: Row, b: Row): boolean => a.what === b.what && a.name === b.name
  const figures = all
    .filter(({ row }) => row.ms?.length)
    .map(({ row, rows }) => {
      const first = rows.find(r => r.what === row.what && r.ms?.length)
      return [row.what, row.name, ...numbers(row, first), noteOf(row)].map(tame)
    })
  const said = all
    .filter(({ row, rest }) => !row.ms?.length && !rest.some(r => same(r, row)))
    .map(({ row: { what, name, note = '' } }) => tame(`${what}, ${name}: ${note}`))
  const ended = stages.filter(s => s.ended !== 'done').map(s => tame(`${s.name}: ${s.ended}`))
  return { figures, said: [...said, ...ended] }
}

export const tableOf = (found: Found): string => {
  const { figures, said } = partsOf(found)
  return [...said, ...(figures.length === 0 ? [] : ['', table(HEADS, figures)])].join('\n')
}
