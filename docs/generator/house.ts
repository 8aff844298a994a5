/** The house: the folders of `lib/` and which imports from which, measured by dependency-cruiser: `docs/house.svg`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source'

/** Where a picture of the code is written. */
export const housePath = 'docs/house.svg'

/** A folder of `lib/`, or a file of the ground floor. */
interface Room {
  readonly files: number
  readonly lines: number
  readonly imports: ReadonlySet<string>
}

/** The folder of a file; a file of `lib/` itself stands for itself. */
const roomOf = (file: string): string => {
  const parts = file.replace(/^lib\//, '').split('/')
  return parts.length === 1 ? parts[0]! : parts.slice(0, -1).join('/')
}

const linesOf = (file: string): number => readFileSync(join(root, file), 'utf8').split('\n').length - 1

/** Every room, and the rooms that it imports from; types count. An index.ts is a door: what it hands on is not imported for
 *  its room. */
export const rooms = async (): Promise<ReadonlyMap<string, Room>> => {
  const { cruise } = await import('dependency-cruiser')
  const { output } = await cruise(['lib'], { tsPreCompilationDeps: true, includeOnly: '^lib/', baseDir: root })
  if (typeof output === 'string') throw new Error('dependency-cruiser must answer with modules, got text')
  const modules = output.modules.filter(({ source }) => source !== 'lib/index.ts')
  const found = new Map<string, { files: number; lines: number; imports: Set<string> }>()
  for (const { source, dependencies } of [...modules].sort((a, b) => (a.source < b.source ? -1 : 1))) {
    const name = roomOf(source)
    const room = found.get(name) ?? { files: 0, lines: 0, imports: new Set() }
    const imports = source.endsWith('/index.ts') ? [] : dependencies.map(({ resolved }) => roomOf(resolved))
    imports.forEach(other => other !== name && room.imports.add(other))
    found.set(name, { files: room.files + 1, lines: room.lines + linesOf(source), imports: room.imports })
  }
  return found
}

/** All rooms that are reached from one over its imports. */
const below = (house: ReadonlyMap<string, Room>, name: string, acc = new Set<string>()): ReadonlySet<string> => {
  for (const next of house.get(name)!.imports) if (!acc.has(next)) below(house, next, acc.add(next))
  return acc
}

/** The house with every folder that imports in a circle with the folder around it drawn as one room with that: primitives and
 *  what they share, since a derivative is made of primitives again. Throws Error for any other circle. */
export const withoutCircles = (house: ReadonlyMap<string, Room>): ReadonlyMap<string, Room> => {
  const outerOf = (name: string): string => name.split('/').slice(0, -1).join('/')
  const circles = [...house.keys()].filter(name => below(house, name).has(name))
  if (circles.length === 0) return house
  const inner = circles.find(name => circles.includes(outerOf(name)) && below(house, name).has(outerOf(name)))
  if (inner === undefined) throw new Error(`folders must not import in circles, got ${circles.join(', ')}`)
  const outer = outerOf(inner)
  const [a, b] = [house.get(outer)!, house.get(inner)!]
  const renamed = (imports: Iterable<string>, self: string) =>
    new Set([...imports].map(to => (to === inner ? outer : to)).filter(to => to !== self))
  const joined = {
    files: a.files + b.files,
    lines: a.lines + b.lines,
    imports: renamed([...a.imports, ...b.imports], outer),
  }
  const others = [...house].filter(([name]) => name !== inner && name !== outer)
  return withoutCircles(
    new Map([
      [outer, joined],
      ...others.map(([name, room]) => [name, { ...room, imports: renamed(room.imports, name) }] as const),
    ]),
  )
}

/** The arrows that no way over other rooms stands for. */
export const arrows = (house: ReadonlyMap<string, Room>): (readonly [from: string, to: string])[] =>
  [...house].flatMap(([name, { imports }]) =>
    [...imports]
      .filter(to => ![...imports].some(via => via !== to && below(house, via).has(to)))
      .sort()
      .map(to => [name, to] as const),
  )

const style = `
  text { font: 13px system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: #24292f }
  text.small { font-size: 11px; fill: #57606a }
  .node > path, .node > polygon { fill: #ffffff; stroke: #8c959f } .cluster > path, .cluster > polygon { fill: #f6f8fa; stroke: #d0d7de }
  .edge > path { stroke: #57606a } .edge > polygon { fill: #57606a; stroke: #57606a }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } text.small { fill: #9198a1 }
    .node > path, .node > polygon { fill: #0d1117; stroke: #9198a1 } .cluster > path, .cluster > polygon { fill: #151b23; stroke: #3d444d }
    .edge > path { stroke: #9198a1 } .edge > polygon { fill: #9198a1; stroke: #9198a1 }
  }`

/** The house as a graph of Graphviz's: folders of folders as frames, a room's name over its size. */
const dot = (house: ReadonlyMap<string, Room>): string => {
  const tops = [...new Set([...house.keys()].map(name => name.split('/')[0]!))].sort()
  const node = (name: string): string => {
    const { files, lines } = house.get(name)!
    const size = `${files === 1 ? '' : `${files} files, `}${(Math.ceil(lines / 100) / 10).toFixed(1)}k lines`
    return `"${name}" [class="room", label=<${name.split('/').slice(1).join('/') || name}<br/><font point-size="11">${size}</font>>]`
  }
  const storey = (top: string): string => {
    const inside = [...house.keys()].filter(name => name === top || name.startsWith(`${top}/`)).sort()
    const nodes = inside.map(node).join('\n')
    return inside.length === 1 ? nodes : `subgraph "cluster_${top}" { label="${top}"; labeljust=l; ${nodes} }`
  }
  const edges = arrows(house).map(([from, to]) => `"${from}" -> "${to}"`)
  return `digraph house {
    rankdir=TB; nodesep=0.25; ranksep=0.45; bgcolor=transparent
    node [shape=box, style=rounded, fontname="Helvetica", fontsize=13, margin="0.24,0.08"]
    graph [fontname="Helvetica", fontsize=13, style=rounded]
    edge [arrowsize=0.6]
    ${tops.map(storey).join('\n')}
    ${edges.join('\n')}
  }`
}

/** The picture: each folder, its files and lines, and an arrow to every folder that it imports from and that no other
 *  arrow leads to. */
export const house = async (): Promise<string> => {
  const found = withoutCircles(await rooms())
  const { instance } = await import('@viz-js/viz')
  const drawn = (await instance()).renderString(dot(found), { format: 'svg' })
  const svg = drawn
    .slice(drawn.indexOf('<svg'))
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/<title>[\s\S]*?<\/title>\n?/g, '')
    .replace(/ fill="(?:none|transparent|black|white)"(?= stroke)/g, '')
    .replace(/ stroke="(?:black|transparent)"/g, '')
    .replace(/ font-family="[^"]*"/g, '')
    .replace(/ font-size="11\.00"/g, ' class="small"')
    .replace(/ font-size="[^"]*"/g, '')
  const open = svg.indexOf('>') + 1
  const about = '<title>The folders of lib and what each imports from</title>'
  return `${svg.slice(0, open).replace('<svg ', '<svg role="img" ')}${about}<style>${style}\n  .edge > path { fill: none }</style>${svg.slice(open)}`
}
