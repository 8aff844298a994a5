/** A network as the figure shows it: a row for each block, a tile for each frame, and the threads between the blocks. */
import type { Config } from '../../../../lib/paper'
import type { BlockAttention, Named, NetworkName, Seen, ShownClips } from '../protocol'
import { cellOf, shareOf } from './shares'
import { guessOf, inkOn, networkTitles, shortName } from './clips'
import { byId, html, negative, percent, say, set, signed, svg } from './dom'
import { tipOver } from './tip'

/** Sizes in units of the view box. */
const [WIDTH, LABELS, RAIL, GAP, BETWEEN] = [372, 62, 58, 5, 20]
const TILES = WIDTH - LABELS - RAIL
const LARGEST = 60
/** So many times an even share of the attention is drawn in full colour. */
const FULL = 4
const BARS = 44
const LEAST = 40

interface Row {
  readonly stage: 'STB' | 'TTB'
  readonly index: number
  readonly name: string
  readonly y: number
  readonly height: number
}

export interface Panel {
  /** Draws a network anew, before anything is known of it. */
  readonly build: (config: Config) => void
  readonly see: (seen: Seen, clips: ShownClips, clip: number, classNames: readonly string[]) => void
}

/** @param opened called with the block and the frame of a tile that was clicked */
export const panel = (name: NetworkName, opened: (block: number, frame: number) => void): Panel => {
  const figure = byId(`panel-${name}`)
  const drawing = figure.querySelector('.drawing')!
  const verdict = figure.querySelector('.verdict')!
  let see: Panel['see'] = () => undefined

  const build = (config: Config): void => {
    const { frames: T, STB, TTB, cssa, fam, width, patch, classes } = config
    const side = width / patch
    const tile = Math.min(LARGEST, (TILES - (T - 1) * GAP) / T)
    const start = LABELS + (TILES - (T * tile + (T - 1) * GAP)) / 2
    // Bars need some height, however many frames there are.
    const heights = { STB: tile, TTB: Math.max(tile, LEAST) }
    const row = (stage: 'STB' | 'TTB', index: number): Row => {
      const above =
        stage === 'STB' ? index * (tile + BETWEEN) : STB * (tile + BETWEEN) + index * (heights.TTB + BETWEEN) + 6
      return { stage, index, name: `${stage} ${index + 1}`, y: 4 + above, height: heights[stage] }
    }
    const rows = [
      ...Array.from({ length: STB }, (_, i) => row('STB', i)),
      ...Array.from({ length: TTB }, (_, i) => row('TTB', i)),
    ]
    const last = rows.at(-1)!
    const sumY = last.y + last.height + 24
    const height = sumY + BARS + 34
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'group', 'aria-label': networkTitles[name] })

    // ---- threads: α from block to block on the left, β and V_L to the head on the right
    const threads = svg('g', { class: 'threads' })
    const alphas = new Map<string, { thread: Element; text: Element }>()
    const betas = new Map<string, { thread: Element; text: Element }>()
    const trunk = WIDTH - 10
    rows.forEach((to, i) => {
      const middle = to.y + to.height / 2
      threads.append(svg('text', { x: 0, y: middle + 4, class: 'block' }, to.name))
      const from = rows[i - 1]
      if (cssa && from && from.stage === to.stage) {
        const [a, b] = [from.y + from.height / 2 + 11, middle - 11]
        const thread = svg('path', { d: `M12 ${a}V${b}m-4 -5l4 5l4 -5`, class: 'thread' })
        const text = svg('text', { x: 22, y: (a + b) / 2 + 4, class: 'ratio' })
        threads.append(thread, text)
        alphas.set(to.name, { thread, text })
      }
      const end = start + T * tile + (T - 1) * GAP
      const isLast = to === last
      if (isLast || fam) {
        const thread = svg('path', {
          d: `M${end + 3} ${middle}H${trunk - 8}q8 0 8 8V${sumY}`,
          class: isLast ? 'thread last' : 'thread',
        })
        threads.append(thread)
        if (!isLast) {
          const text = svg('text', { x: end + 7, y: middle - 6, class: 'ratio' })
          threads.append(text)
          betas.set(to.name, { thread, text })
        } else
          threads.append(
            svg(
              'text',
              { x: end + 7, y: middle - 6, class: 'ratio' },
              'V',
              svg('tspan', { dy: 3, 'font-size': 8 }, 'L'),
            ),
          )
      }
    })
    if (TTB > 0) {
      const y = rows[STB]!.y - BETWEEN / 2 - 3
      threads.append(svg('line', { x1: 0, x2: WIDTH - RAIL + 6, y1: y, y2: y, class: 'stage' }))
    }

    // ---- tiles
    const inks = Array.from({ length: T }, () => html('canvas', { width, height: width }))
    const images: SVGImageElement[][] = inks.map(() => [])
    let shown: { readonly seen: Seen; readonly clip: number } | undefined
    const cells = rows.map(({ stage, name: block, y, height: tall }, i) =>
      Array.from({ length: T }, (_, t) => {
        const x = start + t * (tile + GAP)
        const label = `${networkTitles[name]}, ${block}, frame ${t + 1}: the whole matrix`
        const group = svg('g', { class: 'cell', role: 'button', tabindex: t === 0 ? 0 : -1, 'aria-label': label })
        const told = (part: number): string =>
          shown ? cellOf(shown.seen.blocks[i]!, shown.clip, t, part, T, side) : block
        tipOver(group, at => {
          const { left, top, width: wide, height: high } = group.firstElementChild!.getBoundingClientRect()
          const [column, line] = [(at.clientX - left) / wide, (at.clientY - top) / high]
          const within = (part: number, n: number): number => Math.min(n - 1, Math.max(0, Math.floor(part * n)))
          return `${block}, ${told(stage === 'STB' ? within(line, side) * side + within(column, side) : within(column, T))}`
        })
        const open = (): void => opened(i, t)
        group.addEventListener('click', open)
        group.addEventListener('keydown', event => {
          if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault()
            open()
          }
          const to = event.key === 'ArrowRight' ? t + 1 : event.key === 'ArrowLeft' ? t - 1 : t
          if (to !== t) threads.querySelectorAll<SVGElement>('.cell')[i * T + Math.min(T - 1, Math.max(0, to))]?.focus()
        })
        group.append(svg('rect', { x, y, width: tile, height: tall, class: 'tile' }))
        const parts = Array.from({ length: stage === 'STB' ? side * side : T }, (_, p) => {
          const cell = tile / side
          const bar = tile / T
          const air = Math.min(2, 0.3 * bar)
          return stage === 'STB'
            ? svg('rect', {
                x: x + (p % side) * cell,
                y: y + Math.floor(p / side) * cell,
                width: cell,
                height: cell,
                'fill-opacity': 0,
              })
            : svg('rect', {
                x: x + p * bar + air / 2,
                y: y + tall,
                width: bar - air,
                height: 0,
                class: p === t ? 'here' : 'there',
              })
        })
        group.append(...parts)
        if (stage === 'STB') {
          const image = svg('image', { x, y, width: tile, height: tile, class: 'ink' })
          images[t]!.push(image)
          group.append(image)
        }
        threads.append(group)
        return parts
      }),
    )

    // ---- what the head says
    const head = svg('g', { class: 'head' })
    const each = TILES / classes
    head.append(svg('circle', { cx: trunk, cy: sumY + 8, r: 8, class: 'sum' }))
    head.append(svg('text', { x: trunk, y: sumY + 12, 'text-anchor': 'middle', class: 'sum' }, 'Y'))
    head.append(svg('path', { d: `M${trunk - 9} ${sumY + 8}H${WIDTH - RAIL + 8}`, class: 'thread last' }))
    head.append(svg('text', { x: 0, y: sumY + BARS, class: 'block' }, 'answer'))
    const bars = Array.from({ length: classes }, (_, k) =>
      svg('rect', { x: LABELS + k * each + 2, y: sumY + BARS, width: each - 4, height: 0 }),
    )
    const names = ['←', '→', '↑', '↓', '→', '←', '↓', '↑'].map((arrow, k) =>
      svg(
        'text',
        { x: LABELS + (k + 0.5) * each, y: sumY + BARS + 13, 'text-anchor': 'middle', class: 'arrow' },
        arrow,
      ),
    )
    head.append(
      ...bars,
      svg('line', { x1: LABELS, x2: LABELS + TILES, y1: sumY + BARS, y2: sumY + BARS, class: 'base' }),
      ...names,
      svg(
        'text',
        { x: LABELS + TILES / 4, y: sumY + BARS + 27, 'text-anchor': 'middle', class: 'ratio' },
        'leaves, moving',
      ),
      svg(
        'text',
        { x: LABELS + (3 * TILES) / 4, y: sumY + BARS + 27, 'text-anchor': 'middle', class: 'ratio' },
        'arrives, moving',
      ),
    )
    picture.append(threads, head)
    drawing.replaceChildren(picture)
    say(verdict, '')

    let inkOf: string | undefined
    const ink = (clips: ShownClips, clip: number): void => {
      const key = `${clip}/${clips.frames}`
      if (key === inkOf) return
      inkOf = key
      inks.forEach((canvas, t) => {
        const from = (clip * clips.frames + t) * clips.size ** 2
        inkOn(canvas, clips.size, i => (clips.pixels[from + i]! + 1) / 2)
        const href = canvas.toDataURL()
        for (const image of images[t]!) image.setAttribute('href', href)
      })
    }

    const attend = (
      block: BlockAttention,
      parts: readonly (readonly SVGRectElement[])[],
      { y, height: tall }: Row,
      clip: number,
    ): void =>
      parts.forEach((tileParts, t) =>
        tileParts.forEach((part, p) => {
          const share = shareOf(block, clip, t, p, T, side)
          if (block.stage === 'STB') set(part, { 'fill-opacity': Math.min(1, (share * side * side) / FULL) })
          else set(part, { y: y + tall - share * (tall - 2), height: share * (tall - 2) })
        }),
      )

    const ratio = (
      symbol: string,
      thickness: (value: number) => number,
      at: ReadonlyMap<string, { thread: Element; text: Element }>,
      values: readonly Named[],
    ): void => {
      for (const { name: block, value } of values) {
        const found = at.get(block)
        if (!found) continue
        say(found.text, `${symbol} ${signed(value)}`)
        set(found.thread, {
          'stroke-width': thickness(value),
          'stroke-dasharray': negative(value) ? '3 3' : undefined,
        })
      }
    }

    see = (seen, clips, clip, classNames) => {
      if (clips.frames !== T || seen.blocks.length !== rows.length) return
      ink(clips, clip)
      shown = { seen, clip }
      seen.blocks.forEach((block, i) => attend(block, cells[i]!, rows[i]!, clip))
      ratio('α', value => 1 + 12 * Math.min(0.5, Math.abs(value)), alphas, seen.alphas)
      ratio('β', value => 1.5 * Math.min(4, Math.abs(value)), betas, seen.betas)
      const label = clips.labels[clip]!
      bars.forEach((bar, k) => {
        const h = Math.max(0.5, seen.probabilities[clip * classes + k]! * (BARS - 4))
        set(bar, { y: sumY + BARS - h, height: h, class: k === label ? 'true' : 'other' })
        names[k]!.classList.toggle('true', k === label)
      })
      const guess = guessOf(seen, clip, classes)
      const right = guess.label === label
      say(verdict, `${right ? '✓' : '✗'} ${shortName(classNames[guess.label]!)}, ${percent(guess.probability)}`)
      verdict.classList.toggle('wrong', !right)
      set(picture, { 'aria-label': described(seen, clip, T, side, rows, classNames[guess.label]!) })
    }
  }
  return { build, see: (...args) => see(...args) }
}

/** The figure in words: where each block's class token looks most. */
const described = (seen: Seen, clip: number, T: number, side: number, rows: readonly Row[], guess: string): string => {
  const most = rows.map(({ stage, name }, i) => {
    const block = seen.blocks[i]!
    const parts = stage === 'STB' ? side * side : T
    let best = { share: -1, frame: 0, part: 0 }
    for (let frame = 0; frame < T; frame++)
      for (let part = 0; part < parts; part++) {
        const share = shareOf(block, clip, frame, part, T, side)
        if (share > best.share) best = { share, frame, part }
      }
    const { share, frame, part } = best
    const where =
      stage === 'STB'
        ? `at row ${Math.floor(part / side) + 1}, column ${(part % side) + 1} of frame ${frame + 1}`
        : `from frame ${frame + 1} at frame ${part + 1}`
    return `${name} looks most ${where}, ${percent(share)}`
  })
  return `${most.join('. ')}. Prediction: ${guess}.`
}
