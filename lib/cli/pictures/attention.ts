/** Figure 4: frames of a clip, and below each where networks look. */
import { flat, type Tensor } from '../../tensor'
import type { Image } from '../../video'
import { percent } from '../../format/text'
import { heat, tilt } from './colours'
import { type Canvas, canvas, fill, paste, shortened, widthOf, write } from './letters'

/** Frames are drawn at least this wide and at most that, in pixels; between them there is a little room. */
const [LEAST, MOST, GAP] = [112, 256, 6]
const [MARGIN, LINE, LABEL] = [12, 20, 230]

/** A network's row: its name and what it takes the clip for, and its map `[T, P]`. */
export interface MapRow {
  readonly lines: readonly string[]
  readonly map: Tensor
}

/** The frames of a clip `[1, C, T, H, W]` of colours in [0, 1] as pictures. */
export const framesOf = (X: Tensor): readonly Image[] => {
  const [, C, T, height, width] = X.shape as [number, number, number, number, number]
  const x = flat(X)
  return Array.from({ length: T }, (_, t) => {
    const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => {
      const c = C === 1 ? 0 : i % 3
      const value = x[(c * T + t) * height * width + Math.floor(i / 3)]!
      return Math.round(255 * Math.min(1, Math.max(0, value)))
    })
    return { width, height, channels: 3, data }
  })
}

/** Every pixel as a square of some. */
const enlarged = ({ width, height, data }: Image, scale: number): Image => {
  const made = new Uint8Array(3 * width * height * scale ** 2)
  for (let y = 0; y < height * scale; y++)
    for (let x = 0; x < width * scale; x++) {
      const from = 3 * (Math.floor(y / scale) * width + Math.floor(x / scale))
      made.set(data.subarray(from, from + 3), 3 * (y * width * scale + x))
    }
  return { width: width * scale, height: height * scale, channels: 3, data: made }
}

/** A frame in gray under the colours of its patches. */
const under = (
  frame: Image,
  colour: (patch: number) => readonly [colour: readonly number[], part: number],
  side: number,
): Image => {
  const { width, height, data } = frame
  const made = new Uint8Array(data.length)
  for (let i = 0; i < width * height; i++) {
    const [row, column] = [Math.floor(i / width), i % width]
    const [rgb, part] = colour(Math.floor((row * side) / height) * side + Math.floor((column * side) / width))
    const [r, g, b] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!]
    const gray = 0.299 * r + 0.587 * g + 0.114 * b
    for (let c = 0; c < 3; c++) made[3 * i + c] = Math.round((1 - part) * gray + part * rgb[c]!)
  }
  return { ...frame, data: made }
}

/** A bar of colours with words at its ends. */
const legend = (
  on: Canvas,
  x: number,
  y: number,
  name: string,
  low: string,
  high: string,
  colour: (v: number) => readonly number[],
): void => {
  write(on, x, y, name)
  const from = x + LABEL
  write(on, from, y, low)
  const start = from + widthOf(low) + 8
  for (let i = 0; i < 160; i++) fill(on, start + i, y + 3, 1, 14, colour(i / 159))
  write(on, start + 168, y, high)
}

interface Sheet {
  readonly heads: readonly string[]
  readonly rows: readonly { readonly lines: readonly string[]; readonly images: readonly Image[] }[]
  readonly most: number
  /** The largest difference, where there is one of two networks. */
  readonly widest: number | undefined
}
/** Labels at the left, images in columns, what the colours mean below. */
const sheet = ({ heads, rows, most, widest }: Sheet): Image => {
  const { width: w, height: h } = rows[0]!.images[0]!
  const tall = Math.max(h, 3 * LINE)
  const columns = heads.length
  const [legends, wide] = [widest === undefined ? 1 : 2, LABEL + 168 + 320]
  const width = 2 * MARGIN + Math.max(LABEL + columns * (w + GAP) - GAP, wide)
  const height = 2 * MARGIN + LINE + rows.length * (tall + GAP) + 6 + legends * (LINE + 4)
  const on = canvas(width, height)
  heads.forEach((head, t) => write(on, MARGIN + LABEL + t * (w + GAP), MARGIN, head))
  rows.forEach(({ lines, images }, i) => {
    const y = MARGIN + LINE + 2 + i * (tall + GAP)
    lines.forEach((line, k) => write(on, MARGIN, y + k * LINE, shortened(line, LABEL - 12)))
    images.forEach((image, t) => paste(on, image, MARGIN + LABEL + t * (w + GAP), y))
  })
  const y = MARGIN + LINE + rows.length * (tall + GAP) + 10
  legend(on, MARGIN, y, 'attention of a patch', '0 %', percent(most), heat)
  if (widest === 0) write(on, MARGIN, y + LINE + 4, 'difference: none')
  else if (widest) legend(on, MARGIN, y + LINE + 4, 'difference', `−${percent(widest)}`, `+${percent(widest)}`, v => tilt(2 * v - 1)) // prettier-ignore
  return on
}

/** The picture, and the pictures of its columns one after the other: the clip above, below it each network's map over it,
 *  and of two the difference, the second less the first. Both networks have one scale. */
export const attentionPicture = (
  frames: readonly Image[],
  clip: readonly string[],
  rows: readonly MapRow[],
): { readonly all: Image; readonly single: readonly Image[] } => {
  const { width } = frames[0]!
  const large = frames.map(frame => enlarged(frame, Math.max(1, Math.ceil(LEAST / width))))
  const T = frames.length
  const P = rows[0]!.map.shape[1]!
  const side = Math.sqrt(P)
  const shares = rows.map(({ map }) => Float64Array.from(flat(map)))
  const most = shares.reduce((best, map) => map.reduce((a, b) => Math.max(a, b), best), 0) || 1
  const differences = shares.length === 2 ? shares[1]!.map((v, i) => v - shares[0]![i]!) : undefined
  const widest = differences?.reduce((best, d) => Math.max(best, Math.abs(d)), 0)
  const drawn = (map: Float64Array, colour: (v: number) => readonly number[], scale: number): readonly Image[] =>
    large.map((frame, t) =>
      under(
        frame,
        p => {
          const v = map[t * P + p]! / scale
          return [colour(v), 0.35 + 0.45 * Math.min(1, Math.abs(v))]
        },
        side,
      ),
    )
  const all = [
    { lines: clip, images: large },
    ...rows.map(({ lines }, i) => ({ lines, images: drawn(shares[i]!, heat, most) })),
    ...(differences
      ? [{ lines: ['difference', 'ours less the baseline'], images: drawn(differences, tilt, widest || 1) }]
      : []),
  ]
  const heads = Array.from({ length: T }, (_, t) => `frame ${t + 1}`)
  const part = (from: number, to: number): Image =>
    sheet({
      heads: heads.slice(from, to),
      rows: all.map(row => ({ ...row, images: row.images.slice(from, to) })),
      most,
      widest,
    })
  return { all: part(0, T), single: heads.map((_, t) => part(t, t + 1)) }
}

/** So many pixels of a side are asked of a video whose shorter side has these, for a network that sees `crop` of `shortSide`. */
export const sideOf = (
  video: number,
  { crop, shortSide }: { readonly crop: number; readonly shortSide: number },
): number => Math.max(crop, Math.min(MOST, Math.round((video * crop) / shortSide)))
