/** Frames, maps and bars, as HTML and SVG. */
import { flat, over, type Tensor } from '../../../lib/tensor'
import { slice, softmax } from '../../../lib/primitives'
import { classNames } from '../../../lib/video/digits-in-motion'
import { element } from '../../../lib/format/svg'
import type { Model } from './figure'

/** Full colour is so many times an even share, or more. */
const FULL = 4

export const percent = (part: number): string => `${Math.round(100 * part)} %`
export const signed = (x: number, digits = 2): string => {
  const size = Math.abs(x).toFixed(digits)
  return `${x < 0 && Number(size) !== 0 ? '−' : ''}${size}`
}
/** A number in powers of ten, as 3·10⁻⁷. */
export const small = (x: number): string => {
  if (x === 0) return '0'
  const power = Math.floor(Math.log10(x))
  if (power >= -3) return x.toFixed(3)
  const raised = [...`${-power}`].map(digit => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')
  return `${(x / 10 ** power).toFixed(0)}·10⁻${raised}`
}

/** One clip of the model, `[1, C, T, H, W]`. */
export const clipOf = ({ clips }: Model, i: number): Model['clips'] => slice(clips, 0, i, i + 1)

/** The frames of a clip in another order. */
export const reordered = (X: Model['clips'], order: readonly number[]): Model['clips'] => {
  const [, , T, H, W] = X.shape as [number, number, number, number, number]
  const pixels = flat(X)
  const made = new Float32Array(pixels.length)
  order.forEach((from, to) => made.set(pixels.subarray(from * H * W, (from + 1) * H * W), to * H * W))
  return over<['B', 'C', 'T', 'H', 'W']>(made, [1, 1, T, H, W])
}

/** The ink of a frame: one path for each of some shades. */
const SHADES = 6
const ink = (pixels: ArrayLike<number>, side: number): string => {
  const paths = Array.from({ length: SHADES }, () => '')
  for (let i = 0; i < side * side; i++) {
    const shade = Math.round(((pixels[i]! + 1) / 2) * SHADES)
    if (shade > 0) paths[shade - 1] += `M${i % side} ${Math.floor(i / side)}h1v1h-1z`
  }
  return paths
    .map((d, i) => (d ? element('path', { d, class: 'ink', opacity: ((i + 1) / SHADES) * 0.85 }) : ''))
    .join('')
}

export interface Shown {
  /** What every patch gets, in row-major order. */
  readonly shares?: ArrayLike<number>
  /** A patch that is chosen. */
  readonly chosen?: number
  /** What a click on a patch sets, `t` being the frame. */
  readonly sets?: (patch: number) => string
}

/** A frame with a share of attention in every patch. */
export const frame = (
  X: Tensor,
  t: number,
  { patch, width: side }: Model['config'],
  { shares, chosen, sets }: Shown = {},
): string => {
  const pixels = flat(X).subarray(t * side * side, (t + 1) * side * side)
  const columns = side / patch
  const even = 1 / (1 + columns * columns)
  const rects = Array.from({ length: columns * columns }, (_, p) =>
    element('rect', {
      x: (p % columns) * patch,
      y: Math.floor(p / columns) * patch,
      width: patch,
      height: patch,
      class: p === chosen ? 'heat chosen' : 'heat',
      'fill-opacity': shares ? Math.min(1, shares[p]! / (FULL * even)) : 0,
      'data-set': sets?.(p),
      'data-says': shares
        ? `frame ${t + 1}, row ${Math.floor(p / columns) + 1}, column ${(p % columns) + 1}: ${(100 * shares[p]!).toFixed(1)} %`
        : undefined,
    }),
  )
  const label = `frame ${t + 1}${shares ? `: ${most(shares, columns)}` : ''}`
  return element(
    'svg',
    { class: sets ? 'frame sets' : 'frame', viewBox: `0 0 ${side} ${side}`, role: 'img', 'aria-label': label },
    element('rect', { width: side, height: side, class: 'sheet' }),
    ...rects,
    ink(pixels, side),
    chosen === undefined
      ? ''
      : element('rect', {
          x: (chosen % columns) * patch,
          y: Math.floor(chosen / columns) * patch,
          width: patch,
          height: patch,
          class: 'outline',
        }),
  )
}
const most = (shares: ArrayLike<number>, columns: number): string => {
  const all = Array.from(shares)
  const best = all.indexOf(Math.max(...all))
  return `most at row ${Math.floor(best / columns) + 1}, column ${(best % columns) + 1}, ${percent(all[best]!)}`
}

/** A row of frames under a name. */
export const row = (name: string, about: string, frames: readonly string[], symbol?: string): string =>
  `<div class="row"><div class="name"${symbol ? ` data-k="${symbol}"` : ''}><b>${name}</b><small>${about}</small></div>${frames.join('')}</div>`

/** Frame numbers above rows. */
export const heads = (T: number): string =>
  `<div class="row heads" aria-hidden="true"><div></div>${Array.from({ length: T }, (_, t) => `<span>frame ${t + 1}</span>`).join('')}</div>`

/** What colour means. */
export const legend = (about: string): string =>
  `<div class="legend"><span>0</span><i></i><span>${FULL} × an even share</span><em>${about}</em></div>`

/** Rows of attention as the shares of the patches: of `[T, h, S, S]`, the mean over heads of one token's row, frame by frame. */
export const rowOf = (map: Tensor, t: number, token = 0, head?: number): Float64Array => {
  const [, h, S] = map.shape as [number, number, number]
  const all = flat(map)
  const heads = head === undefined ? Array.from({ length: h }, (_, i) => i) : [head]
  return Float64Array.from({ length: S - 1 }, (_, p) =>
    heads.reduce((sum, i) => sum + all[((t * h + i) * S + token) * S + 1 + p]! / heads.length, 0),
  )
}

/** The network's answer: its class and a bar for each. */
export const answer = (logits: Tensor, truth?: number): string => {
  const scores = flat(softmax(logits))
  const best = scores.indexOf(Math.max(...scores))
  const bars = classNames.map(
    (name, k) =>
      `<li${k === best ? ' class="best"' : ''}><span>${name}${k === truth ? ' ✓' : ''}</span><i style="--part:${scores[k]!.toFixed(4)}"></i><output>${percent(scores[k]!)}</output></li>`,
  )
  return `<ol class="answer" aria-label="class scores">${bars.join('')}</ol>`
}

/** Numbers as bars up and down from a line. */
export const bars = (values: ArrayLike<number>, label: string, range: number, symbol?: string): string => {
  const n = values.length
  return element(
    'svg',
    {
      class: 'bars',
      viewBox: `0 0 ${n * 4} 40`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
      'data-k': symbol,
    },
    ...Array.from({ length: n }, (_, i) => {
      const h = Math.min(1, Math.abs(values[i]!) / range) * 19
      return element('rect', { x: i * 4 + 0.5, y: values[i]! > 0 ? 20 - h : 20, width: 3, height: Math.max(0.3, h) })
    }),
    element('path', { d: `M0 20H${n * 4}`, class: 'axis' }),
  )
}

/** The largest difference between two tensors. */
export const difference = (a: Tensor, b: Tensor): number => {
  const [x, y] = [Array.from(flat(a)), flat(b)]
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]!)))
}
