/** A page for every file of equations, in the order in which the table of equations comes to it. */
import type { Described } from '../../lib/trace'
import { type Arg, type Dim, shapeOf, showDim, type Sizes } from '../../lib/tensor'
import { equations } from '../../lib/paper'
import { systemEquations } from '../../lib/systems'
import { type AtV2, showCount, showFlops } from './network-at-v2'
import { constants, type Docstring, type Documented, filesIn } from './source'

export interface Page {
  readonly title: string
  /** The file of the equations, and that of the page. */
  readonly source: string
  readonly path: string
  readonly equations: readonly (Documented & { readonly equation: Described })[]
}

/** 'lib/paper/cross-stage-attention.ts' is about 'Cross-stage attention'. */
const titleOf = (path: string): string => {
  const name = path.replace(/^.*\/|\.ts$/g, '').replace(/-(\w+)$/, ' $1')
  return name[0]!.toUpperCase() + name.slice(1)
}

/** The files of equations in the order in which `equations` lists them. */
export const pages = (): readonly Page[] => {
  const files = new Map(
    filesIn('lib/paper').flatMap(path => constants(path).map(constant => [constant.name, { path, constant }] as const)),
  )
  const byFile = new Map<string, Page['equations']>()
  for (const [name, equation] of Object.entries(equations)) {
    const { path, constant } = files.get(name)!
    byFile.set(path, [...(byFile.get(path) ?? []), { ...constant, equation }])
  }
  return [...byFile].map(([source, listed]) => ({
    title: titleOf(source),
    source,
    path: source.replace('lib/paper', 'docs/equations').replace(/ts$/, 'md'),
    equations: listed,
  }))
}

// ---- arguments and results -------------------------------------------------------------------------------------------

interface Row {
  readonly name: string
  readonly kind: 'tensor' | 'size' | 'record'
  readonly dims: readonly Dim[]
  /** '*' for a list, '?' for what may be absent. */
  readonly mark: string
}
const argumentRows = (arg: Arg, path = arg.name, mark = ''): readonly Row[] => {
  if (arg.kind === 'size') return [{ name: path, kind: 'size', dims: [{ kind: 'label', name: arg.name }], mark }]
  const marked = arg.list ? '*' : arg.kind === 'tensor' && arg.optional ? '?' : mark
  if (arg.kind === 'tensor') return [{ name: path, kind: 'tensor', dims: arg.dims, mark: marked }]
  const fields = arg.fields.flatMap(field => argumentRows(field, `${path}.${field.name}`, marked))
  return [{ name: path, kind: 'record', dims: [], mark: arg.list ? '*' : '' }, ...fields]
}
const labelsOf = ({ kind, dims, mark }: Row): string =>
  kind === 'tensor' ? `\`[${dims.map(showDim).join(', ')}]${mark}\`` : `a ${kind}${mark === '*' ? ', in a list' : ''}`
const sizesOf = ({ kind, dims }: Row, sizes: Sizes): string => {
  const found = shapeOf(dims, sizes)
  const shape = found.includes(undefined) ? [] : found // nothing tells the sizes of an absent tensor, which is a scalar
  return kind === 'record' ? '' : kind === 'size' ? `${shape[0]}` : `[${shape.join(', ')}]`
}

/** The different calls of V2, grouped by the sizes of their labels: within a group, only ellipses differ. */
const grouped = (calls: readonly Sizes[]): readonly (readonly Sizes[])[] => {
  const groups = new Map<string, Sizes[]>()
  for (const sizes of calls) {
    const key = [...sizes.labels].join()
    groups.set(key, [...(groups.get(key) ?? []), sizes])
  }
  return [...groups.values()]
}
/** What tells the groups apart: the labels whose sizes differ. */
const headings = (groups: readonly (readonly Sizes[])[], network: string): readonly string[] => {
  const labels = groups.map(([first]) => first!.labels)
  const differs = (name: string): boolean => new Set(labels.map(l => l.get(name))).size > 1
  return labels.map(
    sizes =>
      [...sizes.keys()]
        .filter(differs)
        .sort()
        .map(name => `${name} = ${sizes.get(name)}`)
        .join(', ') || `in ${network}`,
  )
}

/** `@returns O, the output; A, the scores` tells of each result by its name. */
const meanings = (returns: string, results: readonly Row[]): readonly string[] => {
  const parts = results.length > 1 ? returns.split('; ') : [returns]
  const told = new Map(
    parts.map((part, i) => {
      const [, name = results[i]?.name ?? '', text = part] = /^([\w']+)(?:,| =) (.*)$/.exec(part) ?? []
      return [name, text]
    }),
  )
  return results.map(({ name }) => told.get(name) ?? (results.length === 1 ? returns : ''))
}

/** A table of arguments and results: labels, sizes in every different call of V2, meaning. */
const table = (equation: Described, docs: Docstring, calls: readonly Sizes[], network: string): string => {
  const rows = equation.signature.args.flatMap(arg => argumentRows(arg))
  const results = equation.signature.results.map(({ name, dims }): Row => ({ name, kind: 'tensor', dims, mark: '' }))
  const columns = grouped(calls)
  const cell = (r: Row, group: readonly Sizes[]): string =>
    [...new Set(group.map(sizes => sizesOf(r, sizes)))].join(' or ')
  const meaning = new Map(docs.params)
  const returned = meanings(docs.returns ?? '', results)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const row = (r: Row, name: string, text: string): string =>
    line([name, labelsOf(r), ...columns.map(group => cell(r, group)), text])
  return [
    line(['', 'shape', ...headings(columns, network), '']),
    `|${'---|'.repeat(columns.length + 3)}`,
    ...rows.map(r => row(r, `\`${r.name}\``, meaning.get(r.name) ?? '')),
    ...results.map((r, i) => row(r, `→ ${r.name && `\`${r.name}\``}`.trim(), returned[i]!)),
  ].join('\n')
}

// ---- pages -----------------------------------------------------------------------------------------------------------

/** What an equation takes in V2, without the equations that it calls. */
export const costOf = (title: string, { cost }: AtV2): string => {
  const own = cost.byEquation.get(title)
  if (!own) return ''
  const parts = [
    own.products > 0 && `${showFlops(own.products)} in matrix products`,
    own.rest > 0 && `${showFlops(own.rest)} in other operations`,
    own.parameters > 0 && `${showCount(own.parameters)} parameters`,
  ]
  return parts.filter(Boolean).join(', ') || 'nothing to compute'
}

/** An equation: what it is, its sizes in a network, its code, and where it is tested. */
export const section = (
  { name, docs, code, equation }: Page['equations'][number],
  at: AtV2,
  specs: ReadonlyMap<string, readonly string[]>,
  laws = 'spec/paper/laws.spec.ts',
): string => {
  const { title, signature } = equation
  const calls = at.calls.filter(call => call.title === title).map(call => call.sizes)
  const callsOthers = Object.keys({ ...equations, ...systemEquations }).some(
    other => other !== name && new RegExp(`\\b${other}\\(`).test(code),
  )
  const tests = new Set([laws, ...(specs.get(name) ?? []).filter(path => path.endsWith('.spec.ts'))])
  return [
    `## ${title}`,
    docs.text,
    `\`\`\`text\n${signature.source.replace(/\n {3}/g, '\n').trim()}\n\`\`\``,
    table(equation, docs, calls, at.short),
    docs.throws && `Throws ${docs.throws}.`,
    `\`\`\`ts\n${code}\n\`\`\``,
    [
      `- In ${at.name}, on one clip: ${calls.length ? `${costOf(title, at)}${callsOthers ? ', beside the equations that it calls' : ''}` : 'not called'}.`,
      docs.source && `- ${laws.startsWith('spec/paper') ? 'In the paper' : 'Source'}: ${docs.source}`,
      `- Tested in ${[...tests].map(path => `[${path}](../../${path})`).join(', ')}.`,
    ]
      .filter(Boolean)
      .join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n')
}

export const equationPage = (
  page: Page,
  [before, after]: readonly [Page | undefined, Page | undefined],
  at: AtV2,
  specs: ReadonlyMap<string, readonly string[]>,
): string => {
  const to = (p: Page | undefined, arrow: string): string =>
    p ? `[${arrow.replace('_', p.title)}](${p.path.replace(/^.*\//, '')})` : ''
  const navigation = [to(before, '← _'), '[all equations](../README.md)', to(after, '_ →')].filter(Boolean).join(' · ')
  return `${[
    `# ${page.title}`,
    `${navigation}`,
    `From [${page.source}](../../${page.source}).`,
    ...page.equations.map(e => section(e, at, specs)),
    navigation,
  ].join('\n\n')}\n`
}
