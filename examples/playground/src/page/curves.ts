/** Curves over the steps of training. */
import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { byId, set, svg } from './dom'
import type { Point } from './points'

export interface Series {
  /** What the line is, for its end and for screen readers. */
  readonly name: string
  readonly className: string
  readonly points: readonly Point[]
}
export interface CurveOptions {
  readonly title: string
  readonly height: number
  readonly width: number
  readonly show: (value: number) => string
  /** The least range of values; it grows with them. */
  readonly range: readonly [number, number]
  readonly ticks: number
  /** What stands at the end of a line. */
  readonly end: (series: Series, last: Point) => string
}
/** A level to compare with. */
export interface Level {
  readonly value: number
  readonly text: string
}
export interface Curve {
  readonly draw: (series: readonly Series[], steps: number, level?: Level) => void
}

const [LEFT, TOP, BOTTOM, LINE] = [34, 24, 18, 12]

/** Texts at the ends of lines, moved apart where they would lie over each other. */
const apart = (wanted: readonly number[], least: number, most: number): readonly number[] => {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y)
  order.forEach((item, n) => (item.y = Math.max(item.y, n === 0 ? least : order[n - 1]!.y + LINE)))
  for (let n = order.length - 1; n >= 0; n--)
    order[n]!.y = Math.min(order[n]!.y, n === order.length - 1 ? most : order[n + 1]!.y - LINE)
  const placed: number[] = []
  for (const { y, i } of order) placed[i] = y
  return placed
}

/** As many of the series as have room for their names, those at the top and at the bottom among them. */
const fitting = (series: readonly Series[], room: number): readonly Series[] => {
  if (series.length <= room) return series
  const order = [...series].sort((a, b) => b.points.at(-1)!.value - a.points.at(-1)!.value)
  const kept = Array.from(
    { length: room },
    (_, i) => order[Math.round((i * (order.length - 1)) / Math.max(1, room - 1))]!,
  )
  return series.filter(s => kept.includes(s))
}

/** A chart in the element of an id; its size is that of its view box, whatever it shows. */
export const curve = (id: string, options: CurveOptions): Curve => {
  const { title, width, height, show, range, ticks, end } = options
  const right = width - 62
  const bottom = height - BOTTOM
  const grid = svg('g', { class: 'grid' })
  const lines = svg('g')
  const ends = svg('g', { class: 'ends' })
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title }, grid, lines, ends)
  const heading = svg('text', { x: 0, y: 12, class: 'heading' }, title)
  picture.prepend(heading)
  byId(id).replaceChildren(picture)

  const draw = (series: readonly Series[], steps: number, level?: Level): void => {
    const values = series.flatMap(s => s.points.map(p => p.value))
    const y = scaleLinear([Math.min(range[0], ...values), Math.max(range[1], ...values)], [bottom, TOP])
    const x = scaleLinear([0, Math.max(50, steps)], [LEFT, right])
    const path = line<Point>(
      p => x(p.step),
      p => y(p.value),
    )
    grid.replaceChildren(
      ...y
        .ticks(ticks)
        .flatMap(value => [
          svg('line', { x1: LEFT, x2: right, y1: y(value), y2: y(value) }),
          svg('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, show(value)),
        ]),
      ...x
        .ticks(4)
        .map(step => svg('text', { x: x(step), y: height - 3, 'text-anchor': 'middle' }, step.toLocaleString('en'))),
      ...(level
        ? [
            svg('line', { x1: LEFT, x2: right, y1: y(level.value), y2: y(level.value), class: 'level' }),
            svg('text', { x: LEFT + 3, y: y(level.value) - 4 }, level.text),
          ]
        : []),
    )
    lines.replaceChildren(...series.map(s => svg('path', { d: path([...s.points]) ?? '', class: s.className })))
    const drawn = series.filter(s => s.points.length > 0)
    const named = fitting(drawn, Math.max(1, Math.floor((bottom - TOP) / LINE)))
    const places = apart(
      named.map(s => y(s.points.at(-1)!.value)),
      TOP,
      bottom,
    )
    const words = drawn.map(s => end(s, s.points.at(-1)!))
    ends.replaceChildren(
      ...named.map((s, i) =>
        svg('text', { x: right + 5, y: places[i]! + 4, class: s.className }, words[drawn.indexOf(s)]!),
      ),
    )
    const told = drawn.map((s, i) => `${s.name} ${words[i]!.replace(s.name, '').trim()}`).join(', ')
    set(picture, { 'aria-label': `${title}${told && `: ${told}`}` })
  }
  draw([], 0)
  return { draw }
}
