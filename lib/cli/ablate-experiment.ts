/** The experiment that the tables change, and changes of it. */
import { type Config, configure, variants } from '../paper'
import { digitsRecipe, type Experiment } from '../training'

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
  config: configure({ ...from.config, ...config }),
  recipe: { ...from.recipe, steps: steps ?? from.recipe.steps },
  alpha: alpha ?? from.alpha,
  beta: beta ?? from.beta,
  task: task ?? from.task,
})
