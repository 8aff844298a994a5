/** What a dataset holds, for people and for programs. */
import { tame } from '../../tensor'
import { clock, counted, fixed, grouped, table } from '../../format/text'
import type { Sampling, VideoFacts } from '../../video'
import { type Dataset, describeProblems } from '../../video/node'
import { concealedIn } from './damage'
import { copiesText, lengthRemarks } from './remarks'
import type { Survey } from './survey'
import { MAX_TABLE_CLASSES } from '../terminal/confusion-table'
import { keyLine } from '../terminal/key-line'
import type { Paint } from '../terminal/terminal'

/** `32 × 32 (118), 64 × 48 (2)`: the commonest of what videos are, with how many are it. */
const commonest = (values: readonly string[], most = 4): string => {
  const counts = tally(values)
  const shown = counts.slice(0, most).map(([value, n]) => (counts.length === 1 ? value : `${value} (${grouped(n)})`))
  return [...shown, ...(counts.length > most ? [`${counts.length - most} more`] : [])].join(', ')
}

const tally = (values: readonly string[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}

const range = (values: readonly number[], written: (value: number) => string): string => {
  const sorted = [...values].sort((a, b) => a - b)
  const [least, middle, most] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map(i => written(sorted[i]!))
  return least === most ? least! : `${least} to ${most}, half up to ${middle}`
}

const figures = (dataset: Dataset, { seen, problems, copies, damaged }: Survey, sampling: Sampling) => {
  const facts = [...seen.values()]
  const counts = dataset.classes.map(() => 0)
  for (const { label } of dataset.videos) counts[label]!++
  const concealed = concealedIn()
  for (const [path, frames] of damaged) concealed.add(path, frames)
  const copied = copies.size === 0 ? [] : [copiesText(copies)]
  return {
    facts,
    counts,
    leftOut: [...dataset.problems, ...problems],
    remarks: [...dataset.remarks, ...copied, ...lengthRemarks(facts, sampling), ...concealed.lines()],
  }
}

/** The survey of a dataset as text. */
export const surveyText = (
  title: string,
  dataset: Dataset,
  found: Survey,
  sampling: Sampling,
  paint: Paint,
  columns = Infinity,
): string => {
  const { facts, counts, leftOut, remarks } = figures(dataset, found, sampling)
  const timed = facts.filter(({ duration }) => duration > 0)
  const lines: readonly (readonly [string, string])[] = [
    ['videos', `${grouped(dataset.videos.length)} of ${counted(dataset.classes.length, 'class', 'classes')}`],
    ...(facts.length === 0 ? [] : ([['frames', range(facts.map(({ frames }) => frames), grouped)]] as const)),
    ...(timed.length === 0 ? [] : ([['lengths', range(timed.map(({ duration }) => duration), clock)]] as const)),
    ...(timed.length === 0 ? [] : ([['fps', commonest(timed.map(({ fps }) => fixed(fps, Number.isInteger(fps) ? 0 : 2)))]] as const)),
    ...(facts.length === 0 ? [] : ([['sizes', commonest(facts.map(sizeOf))], ['kinds', commonest(facts.map(({ kind }) => kind))]] as const)),
    ...remarks.map((remark, i) => [i === 0 ? 'remarks' : '', remark] as const),
  ] // prettier-ignore
  const classes = dataset.classes.map((name, label) => [name, grouped(counts[label]!)])
  return [
    paint('bold', `Videos of ${tame(title)}`),
    ...lines.map(([key, value]) => keyLine(paint, key, value, columns)),
    '',
    ...(classes.length > MAX_TABLE_CLASSES ? [`Videos of a class: ${range(counts, grouped)}`] : [table(['class', 'videos'], classes, 1, columns)]),
    '',
    ...(leftOut.length === 0 ? [] : [describeProblems(leftOut, dataset.videos.length + dataset.problems.length), '']),
  ].join('\n') // prettier-ignore
}

const sizeOf = ({ width, height }: VideoFacts): string => `${width} × ${height}`

/** The survey of a dataset as what JSON is made of. */
export const surveyJson = (split: string | undefined, dataset: Dataset, found: Survey, sampling: Sampling) => {
  const { counts, leftOut, remarks } = figures(dataset, found, sampling)
  const videos = dataset.videos.map(({ path, label, part }) => ({
    ...{ path, class: dataset.classes[label], ...(part && { part }), ...found.seen.get(path) },
  }))
  const classes = dataset.classes.map((name, label) => ({ name, videos: counts[label]! }))
  return {
    ...(split !== undefined && { split }),
    classes,
    videos,
    copies: Object.fromEntries(found.copies),
    damaged: Object.fromEntries(found.damaged),
    remarks,
    leftOut,
  }
}
