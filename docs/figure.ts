/** Figure 1 in our own drawing, from a configuration: `docs/network.svg`. */
import type { Config } from '../lib'

// ---- text and shapes -------------------------------------------------------------------------------------------------

/** `A_{12}` with its subscript set lower. */
const math = (text: string): string =>
  text.replace(
    /_(?:\{([^}]*)\}|(\w))/g,
    (_, long: string | undefined, short: string | undefined) =>
      `<tspan class="sub" dy="4">${long ?? short}</tspan><tspan dy="-4">&#8203;</tspan>`,
  )
const label = (x: number, y: number, text: string, kind = '', anchor = 'middle'): string =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${math(text)}</text>`
const box = (x: number, y: number, width: number, height: number, kind: string, round = 8): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}" class="${kind}"/>`
const arrow = (path: string, kind = 'flow'): string =>
  `<path d="${path}" class="${kind}" marker-end="url(#${kind}-tip)"/>`
const tip = (kind: string): string =>
  `<marker id="${kind}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" class="${kind}-tip"/></marker>`

const style = `
  text { font: 15px system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: #24292f }
  .name { font-weight: 600 } .small { font-size: 13px; fill: #57606a } .shape { font: 13px ui-monospace, Consolas, 'DejaVu Sans Mono', monospace; fill: #57606a }
  .math { font: italic 15px 'STIX Two Text', Cambria, Georgia, 'DejaVu Serif', serif } .sub { font-size: 11px }
  .cssa-text { fill: #bc4c00 } .fam-text { fill: #1a7f37 }
  .card { fill: #ffffff; stroke: #d0d7de } .stage { fill: #f6f8fa; stroke: #d0d7de }
  .block { fill: #ddf4ff; stroke: #0969da } .plain { fill: #ffffff; stroke: #8c959f } .frame { fill: #eaeef2; stroke: #8c959f }
  .fam { fill: #dafbe1; stroke: #1a7f37 } .term { fill: #ffffff; stroke: #1a7f37 }
  path { fill: none; stroke-width: 1.6 } .flow { stroke: #57606a } .cssa { stroke: #bc4c00 } .collect { stroke: #1a7f37 }
  .flow-tip { fill: #57606a } .cssa-tip { fill: #bc4c00 } .collect-tip { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small, .shape { fill: #9198a1 } .cssa-text { fill: #ffa657 } .fam-text { fill: #56d364 }
    .card { fill: #0d1117; stroke: #3d444d } .stage { fill: #151b23; stroke: #3d444d }
    .block { fill: #0c2d6b; stroke: #4493f8 } .plain { fill: #0d1117; stroke: #9198a1 } .frame { fill: #262c36; stroke: #9198a1 }
    .fam { fill: #04260f; stroke: #3fb950 } .term { fill: #0d1117; stroke: #3fb950 }
    .flow { stroke: #9198a1 } .cssa { stroke: #ffa657 } .collect { stroke: #3fb950 }
    .flow-tip { fill: #9198a1 } .cssa-tip { fill: #ffa657 } .collect-tip { fill: #3fb950 }
  }`

// ---- the drawing -----------------------------------------------------------------------------------------------------

const BLOCK = 96
const DOTS = 34
const GAP = 32
const TOP = 156
const HEIGHT = 64
const MIDDLE = TOP + HEIGHT / 2
const FAM = 290

/** A block that is drawn, or, where `i` is missing, those that are left out. */
interface Item {
  readonly i?: number
  readonly x: number
  readonly width: number
}

/** The first two blocks of a stage and its last; all of them where there are at most three. */
const drawn = (count: number, from: number): readonly (number | undefined)[] =>
  count <= 3 ? Array.from({ length: count }, (_, k) => from + k) : [from, from + 1, undefined, from + count - 1]

const place = (blocks: readonly (number | undefined)[], left: number): readonly Item[] => {
  let x = left
  return blocks.map(i => {
    const width = i === undefined ? DOTS : BLOCK
    const item: Item = { ...(i === undefined ? {} : { i }), x, width }
    x += width + GAP
    return item
  })
}
const end = (items: readonly Item[]): number => items.at(-1)!.x + items.at(-1)!.width
const centre = ({ x, width }: Item): number => x + width / 2

const stage = (name: string, title: string, shape: string, items: readonly Item[], { cssa }: Config): string => {
  const left = items[0]!.x - 18
  const parts = [
    box(left, 62, end(items) - left + 18, TOP + HEIGHT + 16 - 62, 'stage', 12),
    label(left + 14, 84, title, 'name', 'start'),
    label(end(items) + 4, 84, shape, 'shape', 'end'),
  ]
  items.forEach((item, k) => {
    if (item.i === undefined) parts.push(label(centre(item), MIDDLE + 4, '···', 'name'))
    else
      parts.push(
        box(item.x, TOP, BLOCK, HEIGHT, 'block'),
        label(centre(item), TOP + 28, `${name} ${k === 0 ? 1 : item.i - items[0]!.i! + 1}`, 'name'),
        label(centre(item), TOP + 49, '(5), (6)', 'small'),
      )
    const before = items[k - 1]
    if (!before) {
      if (cssa) parts.push(label(item.x + 4, TOP - 10, 'A_0 = 0', 'math cssa-text', 'start'))
      return
    }
    parts.push(arrow(`M${before.x + before.width} ${MIDDLE}H${item.x - 2}`))
    if (!cssa) return
    // The scores of one block cross into the next.
    const from = centre(before) + (before.i === undefined ? 7 : 14)
    const to = centre(item) - (item.i === undefined ? 7 : 14)
    parts.push(arrow(`M${from} ${TOP}C${from} ${TOP - 40} ${to} ${TOP - 40} ${to} ${TOP - 2}`, 'cssa'))
    if (item.i !== undefined)
      parts.push(label((from + to) / 2, TOP - 39, `α_{${item.i}} A_{${item.i - 1}}`, 'math cssa-text'))
  })
  return parts.join('\n')
}

/** The network of Figure 1 as SVG, with one aggregation over all blocks, or none. It has blocks of both kinds. */
export const figure = (config: Config): string => {
  const { STB, TTB, cssa, fam } = config
  const L = STB + TTB
  const spatial = place(drawn(STB, 1), 304)
  const temporal = place(drawn(TTB, STB + 1), end(spatial) + 104)
  const left = spatial[0]!.x - 18
  const right = end(temporal) + 18
  const [width, height] = [right + 24, FAM + 166]

  const input = [
    ...[16, 8, 0].map(d => box(30 + d, MIDDLE - 26 - d, 56, 56, 'frame', 3)),
    label(66, MIDDLE + 52, 'clip', 'name'),
    arrow(`M106 ${MIDDLE}H134`),
    box(136, TOP - 10, 110, HEIGHT + 20, 'plain'),
    label(191, MIDDLE - 14, 'Patches', 'name'),
    label(191, MIDDLE + 6, '+ positions', 'name'),
    label(191, MIDDLE + 28, '(1)–(4)', 'small'),
  ]
  const between = [
    arrow(`M246 ${MIDDLE}H${spatial[0]!.x - 2}`),
    label(266, MIDDLE - 10, 'V_0', 'math'),
    arrow(`M${end(spatial)} ${MIDDLE}H${temporal[0]!.x - 2}`),
    label((end(spatial) + temporal[0]!.x) / 2, MIDDLE - 10, 'regroup', 'small'),
  ]
  const crossing = cssa
    ? [
        label(left, 42, 'CSSA', 'name cssa-text', 'start'),
        label(left + 52, 42, '(8), (13)', 'small', 'start'),
        label(left + 118, 42, 'Softmax(A_i + α_i A_{i−1})', 'math cssa-text', 'start'),
      ]
    : []
  const collecting = [...spatial, ...temporal].flatMap(item => {
    const x = centre(item)
    if (item.i === undefined) return [label(x, FAM + 35, '···', 'name')]
    return [
      arrow(`M${x} ${TOP + HEIGHT}V${FAM + 12}`, 'collect'),
      box(item.x - 4, FAM + 14, BLOCK + 8, 31, 'term', 15),
      label(x, FAM + 34, item.i === L ? `V_{${L}}` : `LN(β_{${item.i}} V_{${item.i}})`, 'math'),
    ]
  })
  const aggregation = fam
    ? [
        box(left, FAM, right - left, 59, 'fam', 12),
        ...collecting,
        label(left, FAM + 90, 'FAM', 'name fam-text', 'start'),
        label(left + 44, FAM + 90, '(7), (9)', 'small', 'start'),
        label(left + 102, FAM + 90, 'Y = Σ_{i&lt;L} LN(β_i V_i) + V_L', 'math fam-text', 'start'),
        label(right - 72, FAM + 82, 'Y', 'math', 'end'),
      ]
    : []
  const y = FAM + 94
  const head = [
    arrow(`M${right - 60} ${fam ? FAM + 59 : TOP + HEIGHT}V${y - 2}`),
    box(right - 120, y, 120, 50, 'plain'),
    label(right - 60, y + 22, 'Head', 'name'),
    label(right - 60, y + 40, 'LN, linear', 'small'),
    arrow(`M${right - 120} ${y + 25}H${right - 158}`),
    label(right - 166, y + 30, 'logits', 'name', 'end'),
  ]
  const says = `CSTransformer: ${STB} spatial and ${TTB} temporal transformer blocks, crossing scores, aggregation, head`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${says}">
<style>${style}
</style>
<defs>${['flow', 'cssa', 'collect'].map(tip).join('')}</defs>
${[
  box(0.5, 0.5, width - 1, height - 1, 'card', 10),
  ...input,
  stage('STB', `Space: ${STB} STBs`, "[B·T, 1+P, C']", spatial, config),
  stage('TTB', `Time: ${TTB} TTBs`, "[B·(1+P), T, C']", temporal, config),
  ...between,
  ...crossing,
  ...aggregation,
  ...head,
].join('\n')}
</svg>
`
}
