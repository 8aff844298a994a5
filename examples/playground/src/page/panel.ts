/** A network as the figure shows it: a row for each block, a tile for each frame, and the threads between the blocks. */
import type { Config } from '../../../../lib/paper'
import type { BlockAttention, Named, NetworkName, Seen, ShownClips } from '../protocol'
import { guessOf, inkOn, networkTitles, shortName } from './clips'
import { byId, html, percent, say, set, signed, svg } from './dom'

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

export const panel = (name: NetworkName): Panel => {
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
    const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': networkTitles[name] })

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
    const cells = rows.map(({ stage, y, height: tall }) =>
      Array.from({ length: T }, (_, t) => {
        const x = start + t * (tile + GAP)
        const group = svg('g')
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
    head.append(svg('text', { x: 0, y: sumY + BARS, class: 'block' }, 'says'))
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
      { stage, map }: BlockAttention,
      parts: readonly (readonly SVGRectElement[])[],
      { y, height: tall }: Row,
      clip: number,
    ): void =>
      parts.forEach((tileParts, t) => {
        if (stage === 'STB') {
          const from = (clip * T + t) * (1 + side * side) + 1
          tileParts.forEach((part, p) =>
            set(part, { 'fill-opacity': Math.min(1, (map[from + p]! * side * side) / FULL) }),
          )
        } else {
          const from = (clip * T + t) * T
          tileParts.forEach((part, u) => {
            const h = map[from + u]! * (tall - 2)
            set(part, { y: y + tall - h, height: h })
          })
        }
      })

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
          'stroke-dasharray': value < 0 ? '3 3' : undefined,
        })
      }
    }

    see = (seen, clips, clip, classNames) => {
      if (clips.frames !== T || seen.blocks.length !== rows.length) return
      ink(clips, clip)
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
    const { map } = seen.blocks[i]!
    const width = stage === 'STB' ? 1 + side * side : T
    const own = map.subarray(clip * T * width, (clip + 1) * T * width)
    let best = stage === 'STB' ? 1 : 0
    own.forEach((value, j) => {
      if ((stage === 'TTB' || j % width > 0) && value > own[best]!) best = j
    })
    const [frame, at] = [Math.floor(best / width) + 1, best % width]
    const where =
      stage === 'STB'
        ? `at row ${Math.floor((at - 1) / side) + 1}, column ${((at - 1) % side) + 1} of frame ${frame}`
        : `from frame ${frame} at frame ${at + 1}`
    return `${name} looks most ${where}, ${percent(own[best]!)}`
  })
  return `${most.join('. ')}. It says: ${guess}.`
}
