/** metrics.jsonl: what a run measured, a line of JSON for each step. The interfaces below are its fields. */
import { existsSync } from 'node:fs'
import { append, readText, save } from '../disk'
import { atLeast0, checked, real } from './schema'
import { count, holding, index, type Kind, listOf, number, optional, exactly } from '../tensor/given'

/** Held-out accuracy on some clips. */
export interface HeldOut {
  readonly heldOut: number
  readonly heldOutClips: number
  /** The part that is right of the clips of each class; null for a class without clips. */
  readonly heldOutByClass?: readonly (number | null)[]
}
/** A step of training: loss and accuracy of its batch before the step, and how long it took. */
export interface StepMetrics extends Partial<HeldOut> {
  readonly step: number
  readonly loss: number
  readonly accuracy: number
  /** The learning rate of the step. */
  readonly rate: number
  /** From the end of the step before, or of what was measured after it, to the end of this one. */
  readonly seconds: number
  /** Of these, in which it was waited for clips to be made or videos to be decoded. */
  readonly waitedSeconds: number
  readonly clipsPerSecond: number
  /** Bytes of memory that the process holds. */
  readonly memoryBytes: number
}
/** The last line of a finished run. */
export interface FinalMetrics extends HeldOut {
  readonly step: number
  readonly final: true
}
export type Metrics = StepMetrics | FinalMetrics

export const isFinal = (metrics: Metrics): metrics is FinalMetrics => 'final' in metrics

const line = (metrics: Metrics): string => `${JSON.stringify(metrics)}\n`

/** Adds a line, and waits until it is on the disk where a checkpoint is to follow: no checkpoint is there without its line. */
export const appendMetrics = (path: string, metrics: Metrics, waits = false): void => append(path, line(metrics), waits)

const accuracy = real('a number from 0 to 1', n => n >= 0 && n <= 1)
const measured = {
  heldOut: accuracy,
  heldOutClips: index,
  heldOutByClass: optional(listOf(holding('a number from 0 to 1', x => x === null || accuracy.holds(x)))),
}
/** Every field of a line; one that is missing here does not compile. What earlier versions did not write may be absent. */
const stepLine = exactly(
  {
    ...{ step: count, loss: number, accuracy, rate: atLeast0, seconds: atLeast0 },
    ...{ waitedSeconds: optional(atLeast0), clipsPerSecond: optional(atLeast0), memoryBytes: optional(atLeast0) },
    ...{ heldOut: optional(accuracy), heldOutClips: optional(index), heldOutByClass: measured.heldOutByClass },
  } satisfies Record<keyof StepMetrics, Kind>,
  'what a step measured',
)
const finalLine = exactly(
  {
    ...{ step: index, ...measured, final: holding('true', x => x === true) },
  } satisfies Record<keyof FinalMetrics, Kind>,
  'what a run measured',
)

/** A line that was written whole; a run that was killed may leave half of one. */
const parse = (text: string, where: string): Metrics[] => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return []
  }
  const schema = typeof value === 'object' && value !== null && 'final' in value ? finalLine : stepLine
  return [checked<Metrics>(schema, value, where)]
}

/** What was measured. Throws UserError that names the line where one holds something else. */
export const readMetrics = (path: string): Metrics[] =>
  existsSync(path)
    ? readText(path)
        .split('\n')
        .flatMap((text, i) => parse(text, `${path}: line ${i + 1}: `))
    : []

/** Makes the file end where a run goes on: later steps will be done again, and so will the evaluation. */
export const rewindMetrics = (path: string, step: number): void =>
  save(
    path,
    readMetrics(path)
      .filter(metrics => !isFinal(metrics) && metrics.step <= step)
      .map(line)
      .join(''),
  )

/** The part of the clips of each class (row) that is right, from how often they were taken for each. */
export const byClass = (confusion: readonly (readonly number[])[]): (number | null)[] =>
  confusion.map((row, k) => {
    const all = row.reduce((a, b) => a + b, 0)
    return all === 0 ? null : row[k]! / all
  })

/** Measurements since the best one, in the order of their steps. */
export const sinceBest = (accuracies: readonly number[]): number =>
  accuracies.length === 0 ? 0 : accuracies.length - 1 - accuracies.indexOf(Math.max(...accuracies))
