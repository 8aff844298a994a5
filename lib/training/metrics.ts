/** metrics.jsonl: what a run measured, a line of JSON for each step. */
import { existsSync } from 'node:fs'
import { append, readText, save } from '../disk'

/** Held-out clips or videos that are enough for a measurement on the way. */
export const INTERIM_CLIPS = 256

/** Held-out accuracy on some clips. */
export interface HeldOut {
  readonly heldOut: number
  readonly heldOutClips: number
}
/** A step of training: loss and accuracy of its batch before the step, and how long it took. */
export interface StepMetrics extends Partial<HeldOut> {
  readonly step: number
  readonly loss: number
  readonly accuracy: number
  readonly rate: number
  readonly seconds: number
}
/** The last line of a finished run. */
export interface FinalMetrics extends HeldOut {
  readonly step: number
  readonly final: true
}
export type Metrics = StepMetrics | FinalMetrics

export const isFinal = (metrics: Metrics): metrics is FinalMetrics => 'final' in metrics

const line = (metrics: Metrics): string => `${JSON.stringify(metrics)}\n`

export const appendMetrics = (path: string, metrics: Metrics): void => append(path, line(metrics))

/** A line that was written whole; a run that was killed may leave half of one. */
const parse = (text: string): Metrics[] => {
  try {
    const value = JSON.parse(text) as Metrics | null
    return typeof value === 'object' && value !== null && typeof value.step === 'number' ? [value] : []
  } catch {
    return []
  }
}

export const readMetrics = (path: string): Metrics[] =>
  existsSync(path) ? readText(path).split('\n').flatMap(parse) : []

/** Makes the file end where a run goes on: later steps will be done again, and so will the evaluation. */
export const rewindMetrics = (path: string, step: number): void =>
  save(
    path,
    readMetrics(path)
      .filter(metrics => !isFinal(metrics) && metrics.step <= step)
      .map(line)
      .join(''),
  )
