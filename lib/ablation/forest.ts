/** A forest plot: of each comparison the mean gain and its interval, under one another and beside 0. */
import { element, ink, palette, pale, picture, rule, text } from '../format/svg'
import { points } from '../format/text'

const [WIDTH, LINE, TOP] = [860, 26, 86]
const [LEFT, RIGHT, NUMBERS] = [330, 690, 706]

/** One comparison, in parts of 1; every `Gain` is one. */
export interface Compared {
  readonly label: string
  readonly table: { readonly title: string }
  readonly outcome: string
  readonly differences: readonly number[]
  readonly mean: number
  readonly interval: readonly [low: number, high: number]
}

/** The picture, as the text of an SVG file: a square for CSSA, a circle for FAM, a dot for every pair.
 *  @param gains of one outcome */
export const forestPlot = (gains: readonly Compared[], title: string): string => {
  const ends = gains.flatMap(({ interval, differences }) => [...interval, ...differences]).filter(Number.isFinite)
  const most = Math.max(0.01, ...ends.map(Math.abs)) * 1.05
  const x = (part: number): number => (LEFT + RIGHT) / 2 + (part / most) * ((RIGHT - LEFT) / 2)
  const clamped = (part: number): number => Math.min(RIGHT, Math.max(LEFT, x(part)))
  const bottom = TOP + LINE * gains.length
  const lines = gains.map(({ label, table, mean, interval: [low, high], differences }, i) => {
    const y = TOP + LINE * (i + 0.5)
    const { colour } = label === 'CSSA' ? palette.cssa : label === 'FAM' ? palette.fam : palette.both
    const mark =
      label === 'CSSA'
        ? element('rect', { x: x(mean) - 4, y: y - 4, width: 8, height: 8, fill: colour })
        : element('circle', { cx: x(mean), cy: y, r: 4.5, fill: colour })
    return [
      text(16, y + 4, `${label}: ${table.title}`),
      ...differences.map(d => element('circle', { cx: x(d), cy: y, r: 2, fill: colour, opacity: 0.35 })),
      element('line', { x1: clamped(low), x2: clamped(high), y1: y, y2: y, stroke: colour, 'stroke-width': 2 }),
      mark,
      text(NUMBERS, y + 4, `${points(mean)} (${points(low)} to ${points(high)})`, { fill: pale }),
    ].join('')
  })
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find(s => most / s <= 4) ?? 1
  const ticks = Array.from({ length: 2 * Math.floor(most / step) + 1 }, (_, i) => (i - Math.floor(most / step)) * step)
  return picture(
    WIDTH,
    bottom + 40,
    `${title}: ${gains.map(g => `${g.label}, ${g.table.title}, ${points(g.mean)}`).join('; ')}`,
    text(16, 30, title, { 'font-size': 17, 'font-weight': 600 }),
    text(
      16,
      50,
      'Mean gain in percentage points, 95 % interval, and a dot for every pair of seeds. Right of 0 is better.',
      {
        fill: pale,
        'font-size': 13,
      },
    ),
    ...ticks.map(t => element('line', { x1: x(t), x2: x(t), y1: TOP - 6, y2: bottom, stroke: t === 0 ? ink : rule })),
    ...ticks.map(t => text(x(t), bottom + 20, t === 0 ? '0' : points(t).replace('.0', ''), { 'text-anchor': 'middle', fill: pale })), // prettier-ignore
    ...lines,
  )
}
