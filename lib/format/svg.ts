/** Elements of SVG as text. */
import { tame } from '../tensor/words'

type Attributes = Readonly<Record<string, string | number | undefined>>

/** Text of our own, lines and all, as it stands between elements or in an attribute. */
export const entities = (text: string): string =>
  text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)

/** Text from outside, likewise; line ends and what XML cannot hold are shown as JSON escapes them. */
export const escaped = (text: string): string => entities(tame(text))

/** Lengths to a hundredth of a pixel. */
const written = (value: string | number): string =>
  typeof value === 'number' ? `${Math.round(value * 100) / 100}` : escaped(value)

/** An element with its attributes, those that are undefined left out, around what is already SVG. */
export const element = (name: string, attributes: Attributes, ...inside: readonly string[]): string => {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${written(value)}"`],
  )
  return inside.length === 0 ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${inside.join('')}</${name}>`
}

/** A line of text. */
export const text = (x: number, y: number, content: string, attributes: Attributes = {}): string =>
  element('text', { x, y, ...attributes }, escaped(content))

/** A picture on a card, white in the light and black in the dark, with the fonts and colours that all of ours have. */
export const picture = (width: number, height: number, title: string, ...inside: readonly string[]): string =>
  element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif",
      'font-size': 12,
      fill: ink,
    },
    element('title', {}, escaped(title)),
    element('style', {}, style),
    element('rect', { width, height, fill: paper }),
    ...inside,
  ) + '\n'

/** A colour in the light and in the dark. Where variables are not known, as in some viewers of SVG, the light one holds. */
const tones = {
  paper: ['#ffffff', '#0d1117'],
  ink: ['#24292f', '#e6edf3'],
  pale: ['#636c76', '#9198a1'],
  rule: ['#e4e7eb', '#2d333b'],
  right: ['#1a7f37', '#3fb950'],
  wrong: ['#cf222e', '#ff7b72'],
  blue: ['#0969da', '#58a6ff'],
  orange: ['#bc4c00', '#ffa657'],
  green: ['#1a7f37', '#56d364'],
  purple: ['#8250df', '#bc8cff'],
  pink: ['#bf3989', '#f778ba'],
  brown: ['#7d4e00', '#e3b341'],
  teal: ['#1b7c83', '#39c5cf'],
  grey: ['#57606a', '#adbac7'],
} as const
const tone = (name: keyof typeof tones): string => `var(--pic-${name}, ${tones[name][0]})`
const themed = (i: 0 | 1): string =>
  Object.entries(tones)
    .map(([name, colours]) => `--pic-${name}:${colours[i]}`)
    .join(';')

export const paper = tone('paper')
export const ink = tone('ink')
export const pale = tone('pale')
export const rule = tone('rule')
export const right = tone('right')
export const wrong = tone('wrong')
export const blue = tone('blue')

/** How a line is drawn: told from others by its colour, and by its dashes where colours are not seen. */
export interface Mark {
  readonly hue: keyof typeof tones
  readonly colour: string
  readonly dash?: string
}
const mark = (hue: keyof typeof tones, dash?: string): Mark => ({ hue, colour: tone(hue), ...(dash ? { dash } : {}) })
/** One palette for what is compared, in every picture, on the site and in the playground; a dash tells lines apart without it. */
export const palette = {
  baseline: mark('blue'),
  cssa: mark('orange', '6 3'),
  fam: mark('green', '2 3'),
  both: mark('purple', '10 3 2 3'),
  heldOut: mark('orange', '6 3'),
} as const

/** Colours and dashes of lines that have no place in the palette, in their order. */
export const others: readonly Mark[] = [
  mark('grey'),
  mark('blue', '7 3'),
  mark('orange', '2 3'),
  mark('green', '10 3 2 3'),
  mark('purple', '4 2'),
  mark('pink', '12 4'),
  mark('brown', '6 2 2 2 2 2'),
  mark('teal', '1 3'),
]

/** The palette as rules of a style sheet: `--baseline`, `--baseline-dash` and so on, in the light and in the dark. */
export const paletteStyle = (() => {
  const rules = (i: 0 | 1): string =>
    Object.entries(palette)
      .map(([name, { hue, dash }]) => `--${name}:${tones[hue][i]};--${name}-dash:${dash ?? 'none'}`)
      .join(';')
  return `:root{${rules(0)}}@media(prefers-color-scheme:dark){:root{${rules(1)}}}`
})()

const style = `svg{${themed(0)}}@media(prefers-color-scheme:dark){svg{${themed(1)}}}`
