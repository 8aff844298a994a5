/** The runs of an ablation: their folders, their results, and the loop that does those that are nobody's. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import type { Engine } from '../engines'
import type { DigitSplits } from '../video/digits'
import { type Experiment, type Measured, runExperiment } from './experiment'
import { seedsOf } from './rows'
import type { Ablation } from './tables'
import { claim, statusOf } from './claims'

export interface Job {
  readonly experiment: Experiment
  readonly seed: number
  /** Held-out clips at its end. */
  readonly heldOut: number
}

export interface Result extends Measured {
  /** What computed it, in words. */
  readonly engine: string
}

const measured = z.object({
  experiment: z.unknown(),
  seed: z.number(),
  heldOut: z.number(),
  accuracy: z.number().min(0).max(1),
  curve: z.array(z.object({ step: z.number(), accuracy: z.number() })).min(1),
  alpha: z.array(z.number()),
  seconds: z.number(),
  engine: z.string(),
})

/** What a result is of, as text: the same experiment has the same. */
export const nameOf = ({ experiment, seed, heldOut }: Job): string => {
  const { config, task } = experiment
  const hash = createHash('sha256')
    .update(JSON.stringify([experiment, heldOut]))
    .digest('hex')
  const parts = [
    config.system ?? `${config.STB}+${config.TTB}`,
    `${config.frames}-frames`,
    ...Object.entries(task).map(([key, value]) => `${key}-${value}`),
    `${experiment.recipe.steps}-steps`,
    hash.slice(0, 10),
    `seed-${seed}`,
  ]
  return parts.join('-')
}

/** Every run of an ablation once, in the order of their seeds: what is stopped in the middle has as many of each row. The
 *  tables of the paper come before the study. */
export const jobsOf = ({ tables, study, confirmation }: Ablation, heldOut: number): Job[] => {
  const jobs = new Map<string, Job>()
  for (const group of [tables, study, confirmation])
    for (const seed of [...new Set(group.flatMap(seedsOf))].sort((a, b) => a - b))
      for (const table of group)
        for (const { experiment } of seedsOf(table).includes(seed) ? table.rows : []) {
          const job = { experiment, seed, heldOut }
          jobs.set(nameOf(job), jobs.get(nameOf(job)) ?? job)
        }
  return [...jobs.values()]
}

/** What is wrong with the text of a result; nothing where it is that of the job. */
const wrongWith =
  ({ experiment, seed, heldOut }: Job) =>
  (text: string): string | undefined => {
    const parsed = measured.safeParse(json(text))
    if (!parsed.success) return `must be the result of a run, got ${text.length} bytes of other text`
    const { data } = parsed
    // Through text and back, as the result went: a key without a value is left out.
    const same = isDeepStrictEqual([data.experiment, data.seed], [JSON.parse(JSON.stringify(experiment)), seed])
    return same && data.heldOut === heldOut ? undefined : 'must be the result of this run, got that of another'
  }

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface Shared {
  /** Where the folders of all runs are. */
  readonly folder: string
  readonly digits: DigitSplits
  readonly openEngine: () => Promise<Engine>
  readonly stopAsked: () => boolean
  /** Hears of every change. */
  readonly onChange: (state: State) => void
  /** Hears of what was found half-written. */
  readonly onHalfWritten: (folder: string, why: string) => void
}

export interface State {
  readonly results: ReadonlyMap<string, Result>
  /** Runs that others do now. */
  readonly elsewhere: readonly string[]
  /** The run in hand, and its step. */
  readonly current?: { readonly job: Job; readonly step: number }
}

/** Seconds between two looks at runs that others do. */
const LOOK = 1

/** What is found of some runs. */
export interface Found {
  readonly results: Map<string, Result>
  /** Runs that others do. */
  readonly elsewhere: string[]
  /** Runs that are nobody's. */
  readonly open: Job[]
}

/** Reads the folders of runs; those of `known` are not looked at again, and after `most` that are nobody's it ends. */
export const readRuns = (
  jobs: readonly Job[],
  { folder, onHalfWritten }: Pick<Shared, 'folder' | 'onHalfWritten'>,
  known: ReadonlyMap<string, Result> = new Map(),
  most = Infinity,
): Found => {
  const found: Found = { results: new Map(known), elsewhere: [], open: [] }
  for (const job of jobs.filter(job => !known.has(nameOf(job)))) {
    const name = nameOf(job)
    const status = statusOf(join(folder, name), wrongWith(job))
    if (status.kind === 'half-written') onHalfWritten(join(folder, name), status.why)
    if (status.kind === 'taken') found.elsewhere.push(name)
    else if (status.kind === 'done') found.results.set(name, JSON.parse(status.text) as Result)
    else found.open.push(job)
    if (found.open.length >= most) break
  }
  return found
}

/** Does all runs that are neither done nor done by others, and waits for those. Fewer results than jobs come back only
 *  where a stop was asked for. */
export const doRuns = async (jobs: readonly Job[], shared: Shared): Promise<ReadonlyMap<string, Result>> => {
  const { folder, stopAsked, onChange } = shared
  let results: ReadonlyMap<string, Result> = new Map()
  while (!stopAsked()) {
    const found = readRuns(jobs, shared, results, 1)
    const { elsewhere, open } = found
    results = found.results
    onChange({ results, elsewhere })
    if (results.size === jobs.length) break
    const [next] = open
    if (next === undefined) {
      await wait(LOOK * 1000)
      continue
    }
    const said = (step: number): void => onChange({ results, elsewhere, current: { job: next, step } })
    const result = await doRun(next, join(folder, nameOf(next)), shared, said)
    if (result) results = new Map([...results, [nameOf(next), result]])
    await turn()
  }
  return results
}

/** One run, if nobody takes it at the same moment. */
const doRun = async (
  job: Job,
  path: string,
  { digits, openEngine, stopAsked }: Shared,
  said: (step: number) => void,
): Promise<Result | undefined> => {
  const mine = claim(path)
  if (!mine) return undefined
  try {
    // Someone may have done it between our look and our claim.
    const status = statusOf(path, wrongWith(job))
    if (status.kind === 'done') return JSON.parse(status.text) as Result
    const engine = await openEngine()
    try {
      said(0)
      const found = await runExperiment(engine, job.experiment, job.seed, {
        digits,
        heldOut: job.heldOut,
        stop: async step => {
          mine.beat()
          said(step)
          await turn() // signals are heard here
          return stopAsked()
        },
      })
      if (!found) return undefined
      const result: Result = { ...found, engine: engine.description }
      mine.finish(`${JSON.stringify({ experiment: job.experiment, seed: job.seed, ...result })}\n`)
      return result
    } finally {
      await engine.close()
    }
  } finally {
    mine.drop()
  }
}
