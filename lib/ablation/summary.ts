/** The numbers of an ablation: rows over seeds, and differences of pairs. */
import { abstractNetwork } from '../systems/network'
import { leaves } from '../trace'
import { sizeOf } from '../tensor'
import { stepsTo } from './experiment'
import { deviationOf, holm, meanOf, shiftInterval, signFlipTest } from './statistics'
import { type Job, nameOf, type Result } from './runs'
import { type AblationTable, type Contrast, type Row, seedsOf } from './rows'
import { costOf, neededFlops } from '../systems/costs'

export interface RowSummary {
  readonly label: string
  readonly results: readonly Result[]
  readonly accuracy: readonly number[]
  readonly mean: number
  readonly deviation: number
  /** Steps to 90 % of each seed; none where it was not reached. */
  readonly steps: readonly (number | undefined)[]
  readonly parameters: number
  /** Operations of matrix products that a clip's logits depend on. */
  readonly flops: number
  /** Multiply-adds of all matrix products of a clip, needed or not. */
  readonly multiplyAdds: number
}
export interface TableSummary extends Omit<AblationTable, 'rows'> {
  readonly rows: readonly RowSummary[]
}

/** The accuracy that "steps to" are counted to. */
export const GOAL = 0.9

const rowSummary = ({ label, experiment }: Row, results: readonly Result[]): RowSummary => {
  const accuracy = results.map(r => r.accuracy)
  return {
    label,
    results,
    accuracy,
    mean: meanOf(accuracy),
    deviation: deviationOf(accuracy),
    steps: results.map(result => stepsTo(result, GOAL)),
    parameters: leaves(abstractNetwork(experiment.config)).reduce((sum, x) => sum + sizeOf(x.shape), 0),
    flops: neededFlops(experiment.config),
    multiplyAdds: costOf(experiment.config).flops.products / 2,
  }
}

/** A table with its results; of a seed that some row lacks, none is taken. */
export const tableSummary = (
  table: AblationTable,
  results: ReadonlyMap<string, Result>,
  heldOut: number,
): TableSummary => {
  const found = ({ experiment }: Row, seed: number): Result | undefined =>
    results.get(nameOf({ experiment, seed, heldOut } satisfies Job))
  const whole = seedsOf(table).filter(seed => table.rows.every(row => found(row, seed)))
  return {
    ...table,
    seeds: whole.length,
    rows: table.rows.map(row =>
      rowSummary(
        row,
        whole.map(seed => found(row, seed)!),
      ),
    ),
  }
}

/** What is compared of two runs: how good they are in the end, and how fast they became so. */
export const outcomes = {
  'accuracy at the end': (r: Result) => r.accuracy,
  'mean accuracy on the way': (r: Result) => meanOf(r.curve.map(point => point.accuracy)),
} as const
export type Outcome = keyof typeof outcomes
export const outcomeNames = Object.keys(outcomes) as Outcome[]

export interface Gain extends Contrast {
  readonly table: TableSummary
  readonly outcome: Outcome
  readonly differences: readonly number[]
  readonly mean: number
  /** The 95 % confidence interval that belongs to the test. */
  readonly interval: readonly [low: number, high: number]
  readonly p: number
  /** p after Holm's correction for all that are tested with it. */
  readonly adjusted: number
}

/** Every contrast of every table, tested; the correction is for all of them together. */
export const gainsOf = (tables: readonly TableSummary[]): Gain[] => {
  const gains = tables
    .filter(({ seeds }) => seeds > 0)
    .flatMap(table =>
      outcomeNames.flatMap(outcome =>
        table.contrasts.map(contrast => {
          const [from, to] = [table.rows[contrast.from]!.results, table.rows[contrast.to]!.results]
          const differences = to.map((result, i) => outcomes[outcome](result) - outcomes[outcome](from[i]!))
          return { ...contrast, table, outcome, differences, mean: meanOf(differences), p: signFlipTest(differences) }
        }),
      ),
    )
  const adjusted = holm(gains.map(({ p }) => p))
  return gains.map((gain, i) => ({ ...gain, interval: shiftInterval(gain.differences), adjusted: adjusted[i]! }))
}
