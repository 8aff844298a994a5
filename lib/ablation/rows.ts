/** The experiment that the tables change, changes of it, and what a table is. */
import { type Config, variants } from '../paper'
import { configureNetwork } from '../systems/network'
import { digitsRecipe } from '../training'
import type { Experiment } from './experiment'

/** Values of an experiment that differ from the standard one. */
export interface Change {
  readonly config?: Partial<Config>
  readonly steps?: number
  readonly alpha?: number
  readonly beta?: number
  readonly task?: Experiment['task']
}

/** A task that leaves room above and below: a piece of another digit lies about. */
const HARDER = { clutter: 1 } as const

/** The experiment that the tables change: the network of `npm start` on a harder task, with fewer steps. */
export const standard: Experiment = {
  config: variants.digits,
  recipe: { ...digitsRecipe, steps: 300 },
  alpha: 0,
  beta: 1,
  task: HARDER,
}

/** An experiment with a change. Throws UserError where a value cannot be. */
export const changed = ({ config = {}, steps, alpha, beta, task }: Change, from = standard): Experiment => ({
  config: configureNetwork({ ...from.config, ...config }),
  recipe: { ...from.recipe, steps: steps ?? from.recipe.steps },
  alpha: alpha ?? from.alpha,
  beta: beta ?? from.beta,
  task: task ?? from.task,
})

export interface Row {
  readonly label: string
  readonly experiment: Experiment
}

export interface AblationTable {
  /** `2b`: what --only names it by, and its files. */
  readonly id: string
  readonly title: string
  /** What it shows, or how it differs from the paper's. */
  readonly about: string
  readonly rows: readonly Row[]
  /** How many seeds, from the first one on. */
  readonly seeds: number
  /** The first seed; 1 without it. */
  readonly first?: number
  /** Pairs of rows, by their index, whose difference is tested. */
  readonly contrasts: readonly Contrast[]
  /** Whether its costs are multiply-adds of all that a network computes, as systems are compared in. */
  readonly multiplyAdds?: true
}

/** The gain of row `to` over row `from`, seed by seed. */
export interface Contrast {
  readonly label: string
  readonly from: number
  readonly to: number
}

/** The seeds of a table. */
export const seedsOf = ({ seeds, first = 1 }: Pick<AblationTable, 'seeds' | 'first'>): number[] =>
  Array.from({ length: seeds }, (_, i) => first + i)

/** A row: a name, and a change of the standard experiment. */
export const row = (label: string, change: Change = {}): Row => ({ label, experiment: changed(change) })

/** Table 2b's rows under some other change. */
export const stages = (change: Change = {}): Row[] => {
  const of = (label: string, cssa: boolean, fam: boolean): Row =>
    row(label, { ...change, config: { ...change.config, cssa, fam } })
  return [of('baseline', false, false), of('+ CSSA', true, false), of('+ CSSA + FAM', true, true)]
}
/** One step of the table at a time: fewer tests leave each more of the level. */
export const gains: readonly Contrast[] = [
  { label: 'CSSA', from: 0, to: 1 },
  { label: 'FAM', from: 1, to: 2 },
]
