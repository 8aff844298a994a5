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

export const tableOf = ({ stages }: Found): string => {
  const rows = stages.flatMap(({ rows: of }) =>
    of.map(row => [
      row.what,
      row.name,
      ...numbers(
        row,
        of.find(r => r.what === row.what && r.ms?.length),
      ),
      noteOf(row),
    ]),
  )
  const figures = rows.filter(row => row[2] !== '').map(row => row.map(tame))
  const said = rows.filter(row => row[2] === '').map(([what, name, , , , , note]) => tame(`${what}, ${name}: ${note}`))
  const ended = stages.filter(s => s.ended !== 'done').map(s => tame(`${s.name}: ${s.ended}`))
  const heads = ['what', 'who', 'median ms', 'least ms', "times ours' time", 'losses differ by', '']
  return [...said, ...ended, ...(figures.length === 0 ? [] : [table(heads, figures)])].join('\n')
}
