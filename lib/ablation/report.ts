/** The report of an ablation: a page of Markdown, and a picture for every table. */
import { standard } from './rows'
import { spreadOf } from './picture'
import { type Gain, gainsOf, GOAL, outcomeNames, type RowSummary, type TableSummary } from './summary'
import { paperWords, type SectionWords } from './words'
import { LEVEL, summarySentence, type Tested, verdictSection } from './verdict'
import { describeClips, describeNetwork } from '../systems/describe'
import { fixed, grouped, points, signed, unitOf } from '../format/text'

export interface Report extends Tested {
  /** The command that makes it. */
  readonly command: string
  readonly machine: string
  readonly engine: string
  readonly heldOut: number
  /** Runs that are not there yet. */
  readonly missing: number
  /** Steps of every run, where they were set for all. */
  readonly steps?: number
}

/** The file of all runs, beside the page. */
export const RUNS = 'runs.jsonl'
/** p to the digits that say something. */
const pText = (p: number): string => (p < 0.001 ? '< 0.001' : fixed(p, 3))

/** A table of Markdown; columns after the first are to the right. */
export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/** The step by which half of the seeds had reached the goal, and how many never did: `120`, `135 (2 of 5 never)`, `never`. */
const stepsText = (steps: readonly (number | undefined)[]): string => {
  const reached = steps.filter(step => step !== undefined)
  if (reached.length === 0) return 'never'
  const never = steps.length - reached.length
  // Those that never did come after all others.
  const middle = steps.map(step => step ?? Infinity).sort((a, b) => a - b)[(steps.length - 1) >> 1]!
  const shown = middle === Infinity ? `> ${grouped(Math.max(...reached))}` : grouped(middle)
  return never === 0 ? shown : `${shown} (${never} of ${steps.length} never)`
}

const flopsText = (flops: number): string => {
  const { name, scale } = unitOf(flops)
  return `${fixed(flops / scale, 2)} ${name}`
}

/** Rows whose mean ± deviation overlaps that of the best: their difference from it is within the spread. */
const spreadSentence = ({ rows, seeds }: TableSummary): string => {
  if (seeds < 2) return 'One seed has no spread: nothing can be said of differences.'
  const best = rows.reduce((a, b) => (b.mean > a.mean ? b : a))
  const others = rows.filter(row => row !== best)
  const within = others.filter(row => row.mean + row.deviation >= best.mean - best.deviation)
  const names = (some: readonly RowSummary[]): string => some.map(row => `*${row.label}*`).join(', ')
  if (within.length === 0) return `*${best.label}* is best, and no other row is within the spread of it.`
  const all = within.length === others.length
  return `*${best.label}* has the highest mean; ${all ? 'every other row is' : `${names(within)} ${within.length === 1 ? 'is' : 'are'}`} within the spread of it.`
}

const section = (table: TableSummary): string[] => [
  `## ${table.title}`,
  table.about,
  markdownTable(
    [
      '',
      'accuracy',
      `steps to ${fixed(100 * GOAL, 0)} %`,
      'parameters',
      table.multiplyAdds ? 'multiply-adds' : 'FLOPs',
    ],
    table.rows.map(row => [
      row.label,
      spreadOf(row),
      stepsText(row.steps),
      grouped(row.parameters),
      flopsText(table.multiplyAdds ? row.multiplyAdds : row.flops),
    ]),
  ),
  `${table.seeds} seeds each. ${spreadSentence(table)}`,
  `![${table.title}](${table.id}.svg)`,
]

/** What the tests say of one contrast under one condition, in words. */
const verdict = ({ mean, interval: [low, high], p, adjusted }: Gain): string => {
  const kind = mean > 0 ? 'a gain' : 'a loss'
  if (adjusted < LEVEL) return kind
  if (p < LEVEL) return `a hint at ${kind}`
  if (high === Infinity) return 'too few seeds to say'
  return `not seen; a gain of more than ${fixed(100 * high, 1)} and a loss of more than ${fixed(-100 * low, 1)} points unlikely`
}

const gainRows = (gains: readonly Gain[]): string[][] =>
  gains.map(gain => [
    `${gain.table.title}: ${gain.label}`,
    points(gain.mean),
    `${points(gain.interval[0])} to ${points(gain.interval[1])}`,
    pText(gain.p),
    pText(gain.adjusted),
    verdict(gain),
  ])

/** How pairs are compared, and how many tests share the level. */
const method = (tables: readonly TableSummary[], tests: number): string => {
  const pairs = Math.max(...tables.map(({ seeds }) => seeds))
  return [
    'The networks of a seed start from the same weights as far as they share them, and see the same clips, so that they are compared in pairs.',
    `The test is the exact two-sided sign-flip test; with ${pairs} pairs its least p is ${pText(2 ** (1 - pairs))}. The interval is the 95 % interval of the`,
    `same test, for one comparison alone. Adjusted p are after Holm’s correction for the ${tests} tests of this section together; a gain is called`,
    `one where the adjusted p is below ${LEVEL}, and a hint where p alone is.`,
  ].join('\n')
}

const testedSection = ({ title, about }: SectionWords, tables: readonly TableSummary[]): string[] => {
  const gains = gainsOf(tables)
  if (gains.length === 0) return []
  return [
    `## ${title}`,
    `${about(tables.length)}\n${method(tables, gains.length)}`,
    summarySentence(gains),
    ...outcomeNames.flatMap(outcome => [
      `### ${outcome[0]!.toUpperCase()}${outcome.slice(1)}`,
      markdownTable(
        ['', 'mean gain, points', '95 % interval', 'p', 'adjusted p', 'in words'],
        gainRows(gains.filter(gain => gain.outcome === outcome)),
      ),
    ]),
    ...tables.flatMap(table => section(table).map(text => text.replace(/^## /, '### '))),
  ]
}

/** What α learnt: the largest and the mean |α_i| at the end, over blocks and seeds. */
const alphas = (study: readonly TableSummary[]): string[] => {
  const rows = study.flatMap(table =>
    table.rows.flatMap(row => {
      const all = row.results.flatMap(r => r.alpha)
      if (all.length === 0) return []
      const mean = all.reduce((a, b) => a + b, 0) / all.length
      return [
        [`${table.title}: ${row.label}`, signed(mean, 2), signed(Math.min(...all), 2), signed(Math.max(...all), 2)],
      ]
    }),
  )
  return rows.length === 0 ? [] : ['### What α became', markdownTable(['', 'mean α_i', 'least', 'largest'], rows)]
}

/** The experiment that the tables change, in words. */
const standardText = (steps: number | undefined): string => {
  const { config, recipe } = standard
  return [
    `Where nothing else is said: ${describeNetwork(config)}; ${describeClips(config)}, in each of which a piece of another digit lies`,
    `about, so that there is something left to learn; ${steps ?? recipe.steps} steps of ${recipe.batch} clips, ${recipe.optimizer.kind}, rate ${recipe.rate}. Everything else is as in \`npm start\`.`,
  ].join('\n')
}

/** The page. */
export const ablationReport = (report: Report): string => {
  const { tables, study, confirmation, words, command, machine, engine, heldOut, missing, steps } = report
  return (
    [
      `# ${words.title}`,
      words.about,
      ...verdictSection(report),
      ...(words === paperWords ? [standardText(steps)] : []),
      [
        `- Command: \`${command}\``,
        `- Engine: ${engine}`,
        `- Machine: ${machine}`,
        `- Accuracy is that on ${grouped(heldOut)} clips of digits that no network was trained on: mean ± standard deviation over seeds. Steps to ${fixed(100 * GOAL, 0)} % are`,
        '  those of the median seed, on 256 such clips, measured 20 times in a run. FLOPs are those of the matrix products that the logits of a',
        '  clip depend on.',
        `- A run depends on its experiment and its seed alone; all of them are in [${RUNS}](${RUNS}), a line each.`,
        ...(missing > 0 ? [`- **Incomplete**: ${missing} runs are missing.`] : []),
      ].join('\n'),
      ...tables.flatMap(section),
      ...testedSection(words.study, study),
      ...alphas(study),
      ...testedSection(words.confirmation, confirmation),
    ].join('\n\n') + '\n'
  )
}
