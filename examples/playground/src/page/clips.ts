/** Held-out clips with what both networks take them for; one of them is chosen for the figure. */
import { type Both, networks, type NetworkName, type Seen, type ShownClips } from '../protocol'
import { byId, html, percent, say, set } from './dom'

/** Frames a second. */
const PACE = 4

export const networkTitles: Both<string> = { baseline: 'Baseline', ours: 'CSTransformer' }
const sides = { left: '←', right: '→', up: '↑', down: '↓' } as const
const opposite = { left: 'right', right: 'left', up: 'down', down: 'up' } as const
const isSide = (text: string): text is keyof typeof sides => text in sides

/** 'leaves left' as 'leaves ←', and 'arrives left', from where it comes, as 'arrives →': arrows point with the motion. */
export const shortName = (className: string): string => {
  const [verb = '', side = ''] = className.split(' ')
  return isSide(side) ? `${verb} ${sides[verb === 'arrives' ? opposite[side] : side]}` : className
}

export interface Guess {
  readonly label: number
  readonly probability: number
}
/** What a network takes a clip for. */
export const guessOf = ({ probabilities }: Seen, clip: number, classes: number): Guess => {
  const own = probabilities.subarray(clip * classes, (clip + 1) * classes)
  const probability = Math.max(...own)
  return { label: own.indexOf(probability), probability }
}

/** Whether both networks give a clip and its reverse the same probabilities, up to rounding. */
const alike = (seen: Both<Seen>, pair: number, classes: number): boolean =>
  networks.every(name => {
    const { probabilities } = seen[name]
    const of = (clip: number): Float32Array => probabilities.subarray(clip * classes, (clip + 1) * classes)
    const reversed = of(2 * pair + 1)
    return of(2 * pair).every((p, k) => Math.abs(p - reversed[k]!) < 1e-4)
  })

/** A frame's pixels as ink on a canvas: black that lets the paper through; `mix` gives 0 … 1 for a pixel. */
export const inkOn = (canvas: HTMLCanvasElement, size: number, mix: (pixel: number) => number): void => {
  const context = canvas.getContext('2d')!
  const image = context.createImageData(size, size)
  for (let i = 0; i < size * size; i++) image.data[4 * i + 3] = Math.round(255 * Math.min(1, Math.max(0, mix(i))))
  context.putImageData(image, 0, 0)
}

interface Card {
  readonly button: HTMLButtonElement
  readonly canvas: HTMLCanvasElement
  readonly marks: Both<HTMLElement>
}

export interface Clips {
  readonly show: (clips: ShownClips, classNames: readonly string[]) => void
  readonly guess: (seen: Both<Seen>) => void
  readonly choose: (clip: number) => void
  readonly move: (moving: boolean) => void
}

export const clipsIn = (id: string, count: number, chosen: (clip: number) => void): Clips => {
  const holder = byId(id)
  let shown: ShownClips | undefined
  let classNames: readonly string[] = []
  let moving = false
  let frame = 0
  const cards = Array.from({ length: count }, (_, i): Card => {
    const canvas = html('canvas', { width: 16, height: 16, 'aria-hidden': 'true' })
    const marks = {
      baseline: html('span', { class: 'mark baseline' }, '–'),
      ours: html('span', { class: 'mark ours' }, '–'),
    }
    const button = html(
      'button',
      { type: 'button', class: 'clip', 'aria-pressed': 'false' },
      canvas,
      html('span', { class: 'name' }, ' '),
      html('span', { class: 'marks', 'aria-hidden': 'true' }, marks.baseline, marks.ours),
    )
    button.addEventListener('click', () => chosen(i))
    return { button, canvas, marks }
  })
  const notes = Array.from({ length: count / 2 }, () => html('span', { class: 'note' }, 'and reversed'))
  holder.replaceChildren(
    ...notes.map((note, i) => html('div', { class: 'pair' }, cards[2 * i]!.button, cards[2 * i + 1]!.button, note)),
  )

  const draw = (): void => {
    if (!shown) return
    const { pixels, size, frames } = shown
    const at = (clip: number, t: number, i: number): number => (pixels[(clip * frames + t) * size * size + i]! + 1) / 2
    cards.forEach(({ canvas }, clip) => {
      if (moving) return inkOn(canvas, size, i => at(clip, frame % frames, i))
      // All frames at once, the later the darker: where it goes is seen without motion.
      inkOn(canvas, size, i => {
        let ink = 0
        for (let t = 0; t < frames; t++) ink = Math.max(ink, at(clip, t, i) * (0.15 + (0.85 * t) / (frames - 1)))
        return ink
      })
    })
  }
  let timer: ReturnType<typeof setInterval> | undefined

  return {
    show: (clips, names) => {
      shown = clips
      classNames = names
      for (const { canvas } of cards) set(canvas, { width: clips.size, height: clips.size })
      cards.forEach(({ button, marks }, i) => {
        const name = names[clips.labels[i]!]!
        say(button.querySelector('.name')!, shortName(name))
        set(button, { 'aria-label': name })
        for (const network of networks) say(marks[network], '–')
      })
      draw()
    },
    guess: seen => {
      notes.forEach((note, i) => say(note, alike(seen, i, classNames.length) ? 'the same answer' : 'and reversed'))
      cards.forEach(({ button, marks }, i) => {
        const label = shown!.labels[i]!
        const told = networks.map((network: NetworkName) => {
          const guess = guessOf(seen[network], i, classNames.length)
          const right = guess.label === label
          say(marks[network], right ? '✓' : '✗')
          marks[network].classList.toggle('wrong', !right)
          return `${networkTitles[network]}: ${classNames[guess.label]!}, ${percent(guess.probability)}`
        })
        const name = classNames[label]!
        set(button, { 'aria-label': `${name}. ${told.join('. ')}`, title: `${name}\n${told.join('\n')}` })
      })
    },
    choose: clip => cards.forEach(({ button }, i) => set(button, { 'aria-pressed': String(i === clip) })),
    move: on => {
      moving = on
      clearInterval(timer)
      if (on)
        timer = setInterval(() => {
          frame++
          draw()
        }, 1000 / PACE)
      draw()
    },
  }
}
