/** The page of what mutation testing found: see mutate.ts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, type Summary, type Survivor } from './summary'

/** Why a change lives, by its file, what it changes and into what; and by its line, where the same change is elsewhere, too. */
type Reasons = readonly (Omit<Survivor, 'line' | 'on'> & { readonly on?: string; readonly why: string })[]

const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

const cell = (code: string): string => (code === '' ? '' : `\`${code.replaceAll('`', 'ˋ').replaceAll('|', '\\|')}\``)
const rowOf = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/** So many files are named. */
const most = 12
const percent = (n: number, of: number): string => (of === 0 ? '' : `${((100 * n) / of).toFixed(1)} %`)
const listed = (root: string, folder: string): readonly string[] =>
  readdirSync(join(root, 'lib', folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .sort()

/** How much of a folder was changed: which lines, of how many files. */
const extent = ({ files }: Summary, all: number): string =>
  [...new Set(Object.values(files).map(({ every }) => every))]
    .sort((a, b) => a - b)
    .map(every => {
      const n = Object.values(files).filter(f => f.every === every).length
      return `${every === 1 ? 'all' : `1 in ${every}`}${n === all ? '' : ` of ${n} of ${all} files`}`
    })
    .join(', ')

/** The page on the summaries and the reasons in `docs/mutation`. */
export const page = (root: string): string => {
  const folder = join(root, 'docs/mutation')
  const names = readdirSync(folder).flatMap(file => /^(?!reasons\.)(.*)\.json$/.exec(file)?.[1] ?? [])
  const summaries = names.map(name => [name, read<Summary>(join(folder, `${name}.json`))] as const)
  const reasonsFile = join(folder, 'reasons.json')
  const reasons = existsSync(reasonsFile) ? read<Reasons>(reasonsFile) : []
  const whyOf = ({ file, from, to, on }: Survivor): string =>
    reasons.find(r => r.file === file && r.from === from && r.to === to && (r.on === undefined || r.on === on))?.why ??
    ''
  const total = ({ files }: Summary, of: 'killed' | 'alive' | 'untried'): number =>
    Object.values(files).reduce((n, f) => n + f[of], 0)
  const overview = ([name, summary]: readonly [string, Summary]): string => {
    const [killed, alive] = [total(summary, 'killed'), total(summary, 'alive')]
    const equivalent = summary.survivors.filter(s => whyOf(s) !== '').length
    return rowOf([`lib/${name}`, extent(summary, listed(root, name).length), killed + alive, killed, equivalent, alive - equivalent, total(summary, 'untried'), percent(killed, killed + alive), percent(killed, killed + alive - equivalent)]) // prettier-ignore
  }
  /** The files of which nothing is known, or something of another text. */
  const gaps = (name: string, { files }: Summary): readonly string[] => {
    const present = listed(root, name)
    const missing = present.filter(file => !Object.hasOwn(files, `lib/${name}/${file}`))
    const changed = present.filter(file => {
      const found = files[`lib/${name}/${file}`]
      return found !== undefined && found.source !== digestOf(root, `lib/${name}/${file}`)
    })
    return [
      ...(missing.length > 0 ? [`Not changed yet: ${missing.length > most ? `${missing.length} of ${present.length} files` : missing.join(', ')}.`] : []), // prettier-ignore
      ...(changed.length > 0 ? [`Written anew since: ${changed.join(', ')}.`] : []),
    ]
  }
  const sections = summaries.flatMap(([name, summary]) => [
    `## lib/${name}`,
    ...gaps(name, summary),
    `Ran: ${summary.specs.map(spec => `[${spec.replace(/^spec\/|\.spec\.ts$/g, '')}](../../${spec})`).join(', ')}.`,
    ...(summary.survivors.length === 0
      ? []
      : [
          [
            '| where | what | became | why it lives |',
            '|---|---|---|---|',
            ...summary.survivors.map(s => rowOf([`${s.file.replace(`lib/${name}/`, '')}:${s.line}`, cell(s.from), cell(s.to), whyOf(s)])), // prettier-ignore
          ].join('\n'),
        ]),
  ])
  return `${[
    '# How many wrong lines the tests would notice',
    '`npm run mutate` changes `lib/{paper,primitives,tensor,trace,transforms}` a place at a time, in every way that [StrykerJS](https://stryker-mutator.io) knows, and runs the specs of the folder that reach the place; `npm run mutate:nightly` does so for `lib/training` and `lib/video`. What a folder’s specs miss, others may notice. `npm run mutate -- tensor --every 8` changes one line in 8 of each file: those whose number is a multiple. Of the laws of primitives, those run that are of the primitives that a file is of. A change that breaks the program while it loads counts neither way; one of what runs once, while a file loads, is tried with `--static` alone.',
    [
      '| folder | lines | changes | noticed | equivalent | not noticed | not tried | noticed | of those that are not equivalent |',
      '|---|---|---:|---:|---:|---:|---:|---:|---:|',
      ...summaries.map(overview),
    ].join('\n'),
    'A change is equivalent where the program does the same with it, or nothing that a test should mind: the reason stands beside it below, and is kept in `reasons.json`.',
    ...sections,
  ].join('\n\n')}\n`
}
