/** How an ablation shows where it is: a bar in a terminal, a line for every finished run elsewhere, or nothing. */
import { neededFlops } from '../../systems/costs'
import { type Job, nameOf, type State } from '../../ablation/runs'
import { barOn, type Facts, fitting } from './progress'
import { terminalOf } from './terminal'
import { clock } from '../../format/text'

export interface AblationProgress {
  readonly show: (state: State) => void
  /** Takes the bar away, so that other text can follow. */
  readonly end: () => void
}

export const noAblationProgress: AblationProgress = { show: () => undefined, end: () => undefined }

/** Operations of a run's training: three forward passes for each clip. */
const work = ({ experiment: { config, recipe } }: Job): number => 3 * neededFlops(config) * recipe.batch * recipe.steps

/** Seconds until all is done, as far as the runs that are done tell; nothing before the first is.
 *  @param alike work of every job, the same for jobs of the same name
 *  @param processes how many share the rest */
export const secondsLeft = (
  jobs: readonly Job[],
  { results, elsewhere, current }: State,
  workOf: (job: Job) => number,
): number | undefined => {
  const done = jobs.filter(job => results.has(nameOf(job)))
  if (done.length === 0) return undefined
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const pace = sum(done.map(job => results.get(nameOf(job))!.seconds)) / sum(done.map(workOf))
  const begun = current ? (workOf(current.job) * current.step) / current.job.experiment.recipe.steps : 0
  const rest = sum(jobs.filter(job => !results.has(nameOf(job))).map(workOf)) - begun
  return (pace * rest) / (elsewhere.length + (current ? 1 : 0) || 1)
}

export const ablationProgressOn = (stream: NodeJS.WritableStream, jobs: readonly Job[]): AblationProgress => {
  const terminal = terminalOf(stream)
  const known = new Map<string, number>()
  const workOf = (job: Job): number => {
    const key = JSON.stringify(job.experiment)
    const found = known.get(key) ?? work(job)
    known.set(key, found)
    return found
  }
  const facts = (state: State): Facts => {
    const left = secondsLeft(jobs, state, workOf)
    return [
      [`${state.results.size}/${jobs.length} runs`, 4],
      ...(state.elsewhere.length > 0 ? ([[`${state.elsewhere.length} elsewhere`, 1]] as const) : []),
      ...(left === undefined ? [] : ([[`${clock(left)} left`, 3]] as const)),
    ]
  }
  if (terminal) {
    const { show, end } = barOn(terminal)
    const stepsOf = ({ current }: State): Facts =>
      current ? [[`step ${current.step}/${current.job.experiment.recipe.steps}`, 2]] : []
    return {
      show: state => show(state.results.size, jobs.length, [...facts(state), ...stepsOf(state)]),
      end,
    }
  }
  let said = -1
  return {
    show: state => {
      if (state.results.size === said) return
      said = state.results.size
      stream.write(`${fitting(facts(state), Infinity)}\n`)
    },
    end: () => undefined,
  }
}
