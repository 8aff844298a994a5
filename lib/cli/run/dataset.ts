/** The videos of a run: which it is trained on, and which it is measured with. */
import {
  apartFrom,
  type Copies,
  copiesIn,
  describeProblems,
  type FileIndex,
  heldOutSplit,
  type LabelledVideo,
  mixed,
  openDataset,
  refreshed,
  splitsOf,
  type VideoProblem,
} from '../../video/node'
import { UserError } from '../../tensor'
import { counted } from '../../format/text'
import { copiesText } from './remarks'
import type { VideoSettings } from '../flags/videos'

/** The videos of a run, and what there is to say of them. */
export interface RunVideos {
  readonly classes: readonly string[]
  readonly train: readonly LabelledVideo[]
  readonly heldOut: readonly LabelledVideo[]
  /** What was left out so far, and of how many. */
  readonly left: ReturnType<typeof leftOut>
  readonly of: number
  readonly remarks: readonly string[]
  /** Sizes, times and hashes of the files: kept beside the run, so that none is read again to start it. */
  readonly index: FileIndex
}

/**
 * Opens the videos of a run. No video is on both sides, whatever its copies are called.
 *
 * @param classes where they are known, as of a run that goes on
 * @param known what was learnt of the files before
 * @param before the held-out videos of a run that goes on: it keeps them, whatever videos have come
 */
export const runVideos = (
  settings: VideoSettings,
  classes?: readonly string[],
  known: FileIndex = new Map(),
  before?: readonly LabelledVideo[],
): RunVideos => {
  const { data, videos, classNames, validation, heldOutPart } = settings
  const { split, validationSplit } = { ...settings, ...standardSplits(settings) }
  const all = openDataset(data, { videos, classNames, split, classes })
  const isMeasured = validation !== undefined || validationSplit !== undefined
  const other = isMeasured
    ? openDataset(validation ?? data, { videos, classNames, split: validationSplit, classes: all.classes })
    : undefined
  const paths = [...all.videos, ...(other?.videos ?? [])].map(({ path }) => path)
  const { copies, index } = copiesIn(refreshed(paths, known))
  const parts = other
    ? { train: apartFrom(all.videos, other.videos, copies), heldOut: mixed(other.videos) }
    : before
      ? splitAsBefore(all.videos, before, copies)
      : heldOutSplit(all, heldOutPart, copies)
  if (parts.train.length === 0)
    throw new UserError(`${data}: must have videos that are not measured with, got ${all.videos.length} that all are`)
  const problems = [...all.problems, ...(other?.problems ?? [])]
  const remarks = [
    ...all.remarks,
    ...(other?.remarks ?? []).map(remark => `${validation ?? validationSplit}: ${remark}`),
    ...copiesRemark(copies, other ? all.videos.length - parts.train.length : undefined),
  ]
  const of = all.videos.length + (other?.videos.length ?? 0) + problems.length
  return { classes: all.classes, ...parts, left: leftOut(problems), of, remarks, index }
}

/** The videos of a run that goes on: those that were held out still are, in their order, and no copy of them is trained on. */
const splitAsBefore = (all: readonly LabelledVideo[], before: readonly LabelledVideo[], copies: Copies) => {
  const keyOf = ({ path, part }: LabelledVideo): string => JSON.stringify([path, part])
  const there = new Map(all.map(video => [keyOf(video), video]))
  const heldOut = before.flatMap(video => there.get(keyOf(video)) ?? [])
  const held = new Set(heldOut)
  return { train: apartFrom(all.filter(video => !held.has(video)), heldOut, copies), heldOut } // prettier-ignore
}

/** Folders train and val below one are its splits, unless flags say others. */
const standardSplits = ({ data, split, validation, validationSplit }: VideoSettings): Partial<VideoSettings> => {
  const splits = split === undefined ? splitsOf(data) : undefined
  if (splits === undefined) return {}
  const measured = splits.validate === undefined ? 'test' : 'validate'
  return validation === undefined
    ? { split: 'train', validationSplit: validationSplit ?? measured }
    : { split: 'train' }
}

const copiesRemark = (copies: ReadonlyMap<string, string>, taken: number | undefined): readonly string[] => {
  const found = copies.size === 0 ? [] : [copiesText(copies)]
  if (taken === undefined) return found.map(text => `${text}; copies are all trained on, or all held out`)
  return taken === 0
    ? found
    : [...found, `${counted(taken, 'video is', 'videos are')} measured with, too, and not trained on`]
}

/** Collects what was left out, each video once. */
export const leftOut = (first: readonly VideoProblem[] = []) => {
  const problems = new Map(first.map(problem => [problem.path, problem]))
  return {
    add: (problem: VideoProblem): void => void (problems.has(problem.path) || problems.set(problem.path, problem)),
    count: (): number => problems.size,
    text: (videos: number): string => describeProblems([...problems.values()], videos),
    list: (): readonly VideoProblem[] => [...problems.values()],
  }
}
