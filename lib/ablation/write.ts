/** What an ablation leaves behind: a page, its pictures, and the runs that they show. */
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ablationPicture } from './picture'
import { ablationReport, type Report, RUNS } from './report'
import { FOREST, testedGains } from './verdict'
import { forestPlot } from './forest'
import type { Result } from './runs'
import { outcomeNames, tableSummary } from './summary'
import type { Ablation } from './tables'
import { paperWords } from './words'
import { type Claim, claim } from './claims'
import { save } from '../disk'
import { makeFolder } from '../folders'

/** The file of the page. */
export const PAGE = 'README.md'

/** What is known of some runs, and where it comes from. */
export interface Known extends Omit<Report, 'tables' | 'study' | 'confirmation' | 'words'> {
  readonly ablation: Ablation
  readonly results: ReadonlyMap<string, Result>
}

/** The page of what is known; a table of which no seed is whole is left out. */
export const reportOf = ({ ablation, results, ...about }: Known): Report => {
  const summaries = (tables: Ablation['tables']) =>
    tables.map(table => tableSummary(table, results, about.heldOut)).filter(({ seeds }) => seeds > 0)
  const { tables, study, confirmation, words = paperWords } = ablation
  return { ...about, words, tables: summaries(tables), study: summaries(study), confirmation: summaries(confirmation) }
}

/** Results by the names of their runs, a line of JSON for each, curves as two lists. */
export const runsText = (results: ReadonlyMap<string, Result>): string =>
  [...results]
    .map(([run, { curve, accuracy, heldOut, alpha, seconds, engine }]) => {
      const result = { accuracy, heldOut, alpha, seconds, engine }
      const { steps, on } = { steps: curve.map(point => point.step), on: curve.map(point => point.accuracy) }
      return `${JSON.stringify({ run, ...result, steps, curve: on })}\n`
    })
    .join('')

/** What `runsText` wrote. */
export const parseRuns = (text: string): ReadonlyMap<string, Result> =>
  new Map(
    text
      .trimEnd()
      .split('\n')
      .map(line => {
        const { run, steps, curve, ...result } = JSON.parse(line) as Omit<Result, 'curve'> & {
          readonly run: string
          readonly steps: readonly number[]
          readonly curve: readonly number[]
        }
        return [run, { ...result, curve: curve.map((accuracy, i) => ({ step: steps[i]!, accuracy })) }] as const
      }),
  )

/** This machine in words. */
export const machine = (): string =>
  `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}`

/** The forest plot of all that was tested in more than one pair, or nothing. */
export const forestOf = (report: Report): string | undefined => {
  const [outcome] = outcomeNames
  const gains = testedGains(report).filter(gain => gain.outcome === outcome && gain.table.seeds > 1)
  return gains.length > 0 ? forestPlot(gains, `${report.words.forest}: ${outcome}`) : undefined
}

/** Writes all of it, when no other process does, and gives the page's path.
 *  @param report of what is known
 *  @param results that it is made of
 *  @param folder of the report
 *  @param runs the folder of the runs, which the processes share */
export const writeReport = async (
  report: Report,
  results: Known['results'],
  folder: string,
  runs: string,
): Promise<string> => {
  const files = new Map<string, string>([[RUNS, runsText(results)]])
  for (const table of [...report.tables, ...report.study, ...report.confirmation])
    files.set(`${table.id}.svg`, await ablationPicture(table))
  const forest = forestOf(report)
  if (forest) files.set(FOREST, forest)
  files.set(PAGE, ablationReport(report))
  makeFolder(folder)
  const mine = await turnOf(join(runs, 'report-in-hand'))
  try {
    for (const [name, text] of files) save(join(folder, name), text)
  } finally {
    mine.drop()
  }
  return join(folder, PAGE)
}

/** Waits for what one process does at a time. */
const turnOf = async (folder: string): Promise<Claim> => {
  for (;;) {
    const mine = claim(folder)
    if (mine) return mine
    await wait(50)
  }
}
