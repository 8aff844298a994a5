/** The picture of a table: learning curves with bands, and the accuracy of every seed at the end. */
import { deviationOf, meanOf } from './statistics'

import type { RowSummary, TableSummary } from './summary'
import { element, type Mark, others, palette, pale, picture, rule, text } from '../format/svg'
import { fixed, grouped, percent } from '../format/text'

const WIDTH = 900
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 470, 78, 372]
/** Where names begin, and between where every seed has a dot. */
const NAMES = 664
const [DOTS_LEFT, DOTS_RIGHT] = [500, 650]
/** The marks of a table's rows: those of the palette where they are what it names. */
const marksOf = (rows: readonly RowSummary[]): readonly Mark[] => {
  const own = new Map([['baseline', palette.baseline], ['+ CSSA', palette.cssa], ['+ FAM', palette.fam], ['+ CSSA + FAM', palette.both]]) // prettier-ignore
  return rows.map(({ label }, i) => own.get(label) ?? others[i % others.length]!)
}

interface BandPoint {
  readonly step: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Mean and mean ± deviation over the seeds, within 0 to 1. */
const band = ({ results }: RowSummary): BandPoint[] =>
  (results[0]?.curve ?? []).map(({ step }, i) => {
    const values = results.map(r => r.curve[i]!.accuracy)
    const [mean, spread] = [meanOf(values), values.length > 1 ? deviationOf(values) : 0]
    return { step, mean, low: Math.max(0, mean - spread), high: Math.min(1, mean + spread) }
  })

/** Heights at least `apart` apart, in the order they came, as near to those wished for as that allows. */
const spreadOut = (wished: readonly number[], apart: number, [least, most]: readonly [number, number]): number[] => {
  const order = wished.map((_, i) => i).sort((i, j) => wished[i]! - wished[j]! || i - j)
  const placed = [...wished]
  order.forEach((i, k) => (placed[i] = Math.max(placed[i]!, k === 0 ? least : placed[order[k - 1]!]! + apart)))
  const over = Math.max(0, (placed[order.at(-1)!] ?? most) - most)
  return placed.map(y => y - over)
}

/** The picture, as the text of an SVG file. */
export const ablationPicture = async (table: TableSummary): Promise<string> => {
  const [{ scaleLinear }, { area, line }] = await Promise.all([import('d3-scale'), import('d3-shape')])
  const bands = table.rows.map(band)
  const x = scaleLinear([0, Math.max(1, ...bands.flat().map(p => p.step))], [LEFT, RIGHT])
  const least = Math.min(...bands.flat().map(p => p.low), ...table.rows.flatMap(r => r.accuracy))
  const y = scaleLinear([least > 0.8 ? 0.8 : least > 0.5 ? 0.5 : 0, 1], [BOTTOM, TOP])
  const filled = area<BandPoint>(
    p => x(p.step),
    p => y(p.low),
    p => y(p.high),
  )
  const drawn = line<BandPoint>(
    p => x(p.step),
    p => y(p.mean),
  )
  const marks = marksOf(table.rows)
  const colour = (i: number): string => marks[i]!.colour
  const grid = y
    .ticks(5)
    .map(
      value =>
        element('line', { x1: LEFT, x2: DOTS_RIGHT, y1: y(value), y2: y(value), stroke: rule }) +
        text(LEFT - 8, y(value) + 4, `${fixed(100 * value, 0)} %`, { 'text-anchor': 'end', fill: pale }),
    )
  const column = (i: number): number =>
    DOTS_LEFT + ((i + 0.5) * (DOTS_RIGHT - DOTS_LEFT)) / Math.max(1, table.rows.length)
  const names = spreadOut(
    table.rows.map(r => y(r.mean) + 4),
    30,
    [TOP + 4, BOTTOM],
  )
  const curves = bands.flatMap((points, i) => [
    element('path', { d: filled(points) ?? '', fill: colour(i), opacity: 0.12 }),
    element('path', {
      d: drawn(points) ?? '',
      fill: 'none',
      stroke: colour(i),
      'stroke-width': 2,
      'stroke-dasharray': marks[i]!.dash,
    }),
  ])
  const dots = table.rows.flatMap((row, i) => [
    ...row.accuracy.map(value =>
      element('circle', { cx: column(i), cy: y(value), r: 3, fill: colour(i), opacity: 0.55 }),
    ),
    element('line', {
      x1: column(i) - 8,
      x2: column(i) + 8,
      y1: y(row.mean),
      y2: y(row.mean),
      stroke: colour(i),
      'stroke-width': 2,
    }),
    element('line', {
      x1: NAMES - 2,
      x2: NAMES + 26,
      y1: names[i]! - 4,
      y2: names[i]! - 4,
      stroke: colour(i),
      'stroke-width': 2,
      'stroke-dasharray': marks[i]!.dash,
    }),
    text(NAMES + 32, names[i]!, row.label, { fill: colour(i), 'font-weight': 600 }),
    text(NAMES + 32, names[i]! + 14, spreadOf(row), { fill: pale }),
  ])
  const seeds = `${table.seeds} ${table.seeds === 1 ? 'seed' : 'seeds'}`
  const caption = (at: number, words: string, anchor: string): string =>
    text(at, BOTTOM + 22, words, { 'text-anchor': anchor, fill: pale })
  return picture(
    WIDTH,
    BOTTOM + 40,
    `${table.title}: held-out accuracy`,
    text(16, 30, table.title, { 'font-size': 17, 'font-weight': 600 }),
    text(16, 50, `Held-out accuracy of ${seeds}: mean and standard deviation while they learn, each at the end`, {
      fill: pale,
      'font-size': 13,
    }),
    ...grid,
    ...curves,
    ...dots,
    ...x.ticks(6).map(step => caption(x(step), step === 0 ? '0 steps' : grouped(step), 'middle')),
    caption((DOTS_LEFT + DOTS_RIGHT) / 2, 'at the end', 'middle'),
  )
}

/** 75.2 ± 3.1 %, or 75.2 % of a single seed. */
export const spreadOf = ({ mean, deviation }: Pick<RowSummary, 'mean' | 'deviation'>): string =>
  Number.isNaN(deviation) ? percent(mean) : `${fixed(100 * mean, 1)} ± ${fixed(100 * deviation, 1)} %`
