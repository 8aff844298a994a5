/** The page of what mutation testing found: see mutate.ts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Summary, Survivor } from './summary'

/** Why a change lives, by its file, what it changes and into what. */
type Reasons = readonly (Omit<Survivor, 'line'> & { readonly why: string })[]

const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

const cell = (code: string): string => (code === '' ? '' : `\`${code.replaceAll('`', 'ˋ').replaceAll('|', '\\|')}\``)
const rowOf = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/** The page on the summaries and the reasons in a folder. */
export const page = (folder: string): string => {
  const names = readdirSync(folder).flatMap(file => /^(?!reasons\.)(.*)\.json$/.exec(file)?.[1] ?? [])
  const summaries = names.map(name => [name, read<Summary>(join(folder, `${name}.json`))] as const)
  const reasonsFile = join(folder, 'reasons.json')
  const reasons = existsSync(reasonsFile) ? read<Reasons>(reasonsFile) : []
  const whyOf = ({ file, from, to }: Survivor): string =>
    reasons.find(r => r.file === file && r.from === from && r.to === to)?.why ?? ''
  const total = ({ files }: Summary, of: 'killed' | 'alive'): number =>
    Object.values(files).reduce((n, f) => n + f[of], 0)
  const overview = ([name, summary]: readonly [string, Summary]): string => {
    const [killed, alive] = [total(summary, 'killed'), total(summary, 'alive')]
    const equivalent = summary.survivors.filter(s => whyOf(s) !== '').length
    const percent = (n: number, of: number): string => (of === 0 ? '' : `${((100 * n) / of).toFixed(1)} %`)
    const lines = summary.every === 1 ? 'all' : `1 in ${summary.every}`
    return rowOf([`lib/${name}`, lines, killed + alive, killed, equivalent, alive - equivalent, percent(killed, killed + alive), percent(killed, killed + alive - equivalent)]) // prettier-ignore
  }
  const sections = summaries.flatMap(([name, { survivors, specs }]) => [
    `## lib/${name}`,
    `Ran: ${specs.map(spec => `[${spec.replace(/^spec\/|\.spec\.ts$/g, '')}](../../${spec})`).join(', ')}.`,
    ...(survivors.length === 0
      ? []
      : [
          [
            '| where | what | became | why it lives |',
            '|---|---|---|---|',
            ...survivors.map(s => rowOf([`${s.file.replace(`lib/${name}/`, '')}:${s.line}`, cell(s.from), cell(s.to), whyOf(s)])), // prettier-ignore
          ].join('\n'),
        ]),
  ])
  return `${[
    '# How many wrong lines the tests would notice',
    '`npm run mutate` changes `lib/{paper,primitives,tensor,trace,transforms}` a place at a time, in every way that [StrykerJS](https://stryker-mutator.io) knows, and runs the specs of the folder that reach the place; `npm run mutate:nightly` does so for `lib/training` and `lib/video`. What a folder’s specs miss, others may notice. `npm run mutate -- tensor --every 8` changes one line in 8 of each file: those whose number is a multiple. A change that breaks the program while it loads counts neither way.',
    [
      '| folder | lines | changes | noticed | equivalent | not noticed | noticed | of those that are not equivalent |',
      '|---|---|---:|---:|---:|---:|---:|---:|',
      ...summaries.map(overview),
    ].join('\n'),
    'A change is equivalent where the program does the same with it, or nothing that a test should mind: the reason stands beside it below, and is kept in `reasons.json`.',
    ...sections,
  ].join('\n\n')}\n`
}
