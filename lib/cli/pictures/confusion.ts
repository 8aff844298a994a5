/** confusion.svg: which classes are taken for which. */
import { encodePng } from '../../video/png'
import { element, escaped, ink, pale, picture, right, rule, text, wrong } from '../../format/svg'
import { grouped, percent } from '../../format/text'

export interface Confusion {
  readonly title: string
  /** How often videos of a class (row) were taken for another (column). */
  readonly table: readonly (readonly number[])[]
  readonly classNames: readonly string[]
  /** The part that is right. */
  readonly accuracy: number
}

const MARGIN = 24
/** The most classes whose names are written, and whose numbers. */
const [NAMED, NUMBERED] = [64, 16]
/** The width of a letter, near enough to leave room for names. */
const LETTER = 6.6

/** Red, green and blue of a colour as it is in the light. */
const channels = (colour: string): readonly number[] => {
  const [, hex = ''] = /#([0-9a-f]{6})/.exec(colour) ?? []
  return [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16))
}

/** A pixel for each cell: white where nothing is, green on the diagonal and red beside it as far as the row lies there. */
const cells = (table: Confusion['table']): string => {
  const K = table.length
  const data = new Uint8Array(3 * K * K).fill(255)
  table.forEach((row, i) => {
    const all = row.reduce((a, b) => a + b, 0)
    row.forEach((n, j) => {
      if (n === 0) return
      const colour = channels(i === j ? right : wrong)
      // What is rare is still seen.
      const part = 0.15 + (0.85 * n) / all
      data.set(
        colour.map(c => Math.round(255 + part * (c - 255))),
        3 * (i * K + j),
      )
    })
  })
  return `data:image/png;base64,${Buffer.from(encodePng({ width: K, height: K, channels: 3, data })).toString('base64')}`
}

/** The picture, as the text of an SVG file: a row for each class, a column for what its videos were taken for. */
export const confusionPicture = ({ title, table, classNames, accuracy }: Confusion): string => {
  const K = table.length
  const cell = Math.max(2, Math.min(40, Math.floor(640 / K)))
  const named = K <= NAMED
  const label = named ? Math.ceil(LETTER * Math.max(...classNames.map(name => name.length))) + 10 : 0
  const [left, top] = [MARGIN + label, 76 + label]
  const side = K * cell
  const videos = table.flat().reduce((a, b) => a + b, 0)
  const subtitle = `${percent(accuracy)} of ${grouped(videos)} videos right; rows: what they are, columns: what they are taken for`
  const width =
    Math.max(left + side, MARGIN + Math.ceil(Math.max(1.55 * title.length, 1.12 * subtitle.length) * LETTER)) + MARGIN
  const size = Math.min(12, cell + 1)
  const names = !named
    ? []
    : classNames.flatMap((name, k) => {
        const middle = (k + 0.5) * cell + size / 3
        const up = { transform: `translate(${left + middle} ${top - 8}) rotate(-90)`, 'font-size': size }
        return [
          text(left - 8, top + middle, name, { 'text-anchor': 'end', 'font-size': size }),
          element('text', up, escaped(name)),
        ]
      })
  const numbers =
    K > NUMBERED
      ? []
      : table.flatMap((row, i) => {
          const all = row.reduce((a, b) => a + b, 0)
          return row.flatMap((n, j) => {
            const at = { 'text-anchor': 'middle', fill: n > all / 2 ? 'white' : '#24292f' }
            return n === 0 ? [] : [text(left + (j + 0.5) * cell, top + (i + 0.5) * cell + 4, grouped(n), at)]
          })
        })
  return picture(
    width,
    top + side + MARGIN + 20,
    `Confusion of ${title}`,
    text(MARGIN, 34, title, { 'font-size': 17, 'font-weight': 600, fill: ink }),
    text(MARGIN, 54, subtitle, { fill: pale, 'font-size': 13 }),
    element('image', {
      x: left,
      y: top,
      width: side,
      height: side,
      href: cells(table),
      style: 'image-rendering: pixelated',
    }),
    element('rect', { x: left, y: top, width: side, height: side, fill: 'none', stroke: rule }),
    ...names,
    ...numbers,
  )
}
