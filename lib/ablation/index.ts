/** The ablation study: experiments on digits in motion, and what some seeds say about a difference. */
export {
  type Experiment,
  type Measured,
  measuredSteps,
  type Measuring,
  runExperiment,
  stepsTo,
  type Task,
} from './experiment'
export { deviationOf, holm, MAX_PAIRS, meanOf, median, shiftInterval, signFlipTest } from './statistics'
