/** clips.svg: clips with what the network took them for. */
import { flat, type Tensor } from '../../tensor'
import { slice } from '../../primitives'
import { encodePng } from '../../video/png'
import { grouped } from '../../format/text'
import { element, escaped, ink, pale, picture, right, rule, text, wrong } from '../../format/svg'

export interface Sheet {
  readonly title: string
  /** Clips `[N, 1, T, H, W]` of values from −1 (paper) to 1 (ink). */
  readonly X: Tensor
  readonly labels: readonly number[]
  readonly predictions: readonly number[]
  readonly classNames: readonly string[]
}

/** The width of a frame on the sheet is near this many pixels; between frames and around them there is a little room. */
const FRAME = 64
const [GAP, MARGIN, CAPTION, HEADING] = [3, 24, 30, 40]
const COLUMNS = 3
/** Clips of each class, and mistakes at most. */
const EACH = COLUMNS
const MISTAKES = 12

/** A clip as a PNG: its frames side by side, each pixel `scale` pixels wide and high. */
const strip = (X: Tensor, clip: number, scale: number): { png: string; width: number; height: number } => {
  const [, , T, H, W] = X.shape as [number, number, number, number, number]
  const values = flat(slice(X, 0, clip, clip + 1))
  const [width, height] = [T * (W * scale + GAP) - GAP, H * scale]
  const data = new Uint8Array(width * height).fill(255)
  for (let t = 0; t < T; t++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < W * scale; x++) {
        const value = values[(t * H + Math.floor(y / scale)) * W + Math.floor(x / scale)]!
        data[y * width + t * (W * scale + GAP) + x] = Math.round(Math.min(1, Math.max(0, (value + 1) / 2)) * 255)
      }
  const png = Buffer.from(encodePng({ width, height, channels: 1, data })).toString('base64')
  return { png: `data:image/png;base64,${png}`, width, height }
}

/** The sheet, as the text of an SVG file: some clips of every class as they come, and below the mistakes. */
export const contactSheet = ({ title, X, labels, predictions, classNames }: Sheet): string => {
  const [, , T, H, W] = X.shape as [number, number, number, number, number]
  const scale = Math.max(1, Math.round(FRAME / W))
  const cell = { width: T * (W * scale + GAP) - GAP + 24, height: H * scale + CAPTION + 14 }
  const all = labels.map((_, i) => i)
  const some = classNames.flatMap((_, k) => all.filter(i => labels[i] === k).slice(0, EACH))
  const mistakes = all.filter(i => labels[i] !== predictions[i])

  const clip = (i: number, x: number, y: number): string => {
    const { png, width, height } = strip(X, i, scale)
    const good = labels[i] === predictions[i]
    const [label, taken] = [labels, predictions].map(classes => escaped(classNames[classes[i]!]!)) as [string, string]
    const caption = good
      ? element('tspan', { fill: right, 'font-weight': 600 }, '✓') + element('tspan', { dx: 6 }, label)
      : element('tspan', { fill: wrong, 'font-weight': 600 }, '✗') +
        element('tspan', { dx: 6 }, label) +
        element('tspan', { fill: wrong }, `, taken for ${taken}`)
    return [
      element('image', { x, y, width, height, href: png, style: 'image-rendering: pixelated' }),
      element('rect', { x, y: y + height + 4, width, height: 3, fill: good ? right : wrong }),
      element('text', { x, y: y + height + 24 }, caption),
    ].join('')
  }
  const section = (heading: string, clips: readonly number[], top: number) => {
    const rows = Math.ceil(clips.length / COLUMNS)
    const drawn = clips.map((i, n) =>
      clip(i, MARGIN + (n % COLUMNS) * cell.width, top + HEADING + Math.floor(n / COLUMNS) * cell.height),
    )
    const name = text(MARGIN, top + 24, heading, { 'font-size': 14, 'font-weight': 600 })
    return { svg: name + drawn.join(''), bottom: top + HEADING + rows * cell.height }
  }

  const width = 2 * MARGIN + COLUMNS * cell.width - 24
  const good = section('Clips of each class as they come', some, 60)
  const bad = section(
    mistakes.length === 0
      ? 'No mistakes'
      : mistakes.length === 1
        ? 'The only mistake'
        : mistakes.length > MISTAKES
          ? `${MISTAKES} of ${grouped(mistakes.length)} mistakes`
          : `All ${mistakes.length} mistakes`,
    mistakes.slice(0, MISTAKES),
    good.bottom + 12,
  )
  const subtitle = `${grouped(labels.length - mistakes.length)} of ${grouped(labels.length)} held-out clips right; frames in time from left to right`
  return picture(
    width,
    bad.bottom + 8,
    `Clips of ${title}`,
    text(MARGIN, 34, title, { 'font-size': 17, 'font-weight': 600, fill: ink }),
    text(MARGIN, 54, subtitle, { fill: pale, 'font-size': 13 }),
    good.svg,
    element('line', { x1: MARGIN, x2: width - MARGIN, y1: good.bottom + 4, y2: good.bottom + 4, stroke: rule }),
    bad.svg,
  )
}
