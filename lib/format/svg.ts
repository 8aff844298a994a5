/** Elements of SVG as text. */

type Attributes = Readonly<Record<string, string | number | undefined>>

/** Text as it stands between elements or in an attribute. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)

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

/** A picture on a white card, with the fonts and colours that all of ours have. */
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
    element('rect', { width, height, fill: paper }),
    ...inside,
  ) + '\n'

export const paper = '#ffffff'
export const ink = '#24292f'
export const pale = '#6e7781'
export const rule = '#e4e7eb'
export const right = '#1a7f37'
export const wrong = '#cf222e'
export const blue = '#0969da'
export const orange = '#bc4c00'
