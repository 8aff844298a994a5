/** Videos that a command is given: which there are, and which of them are held out. */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { randomStream, UserError } from '../../tensor'
import {
  type Dataset,
  describeProblems,
  folderDataset,
  kineticsDataset,
  listDataset,
  type LabelledVideo,
  type VideoProblem,
} from '../../video'
import { attempt } from '../../disk'

/** What flags say of videos: a folder with a folder for each class, a CSV file of Kinetics', or a list. */
export interface Source {
  readonly data: string
  /** Where the videos of a CSV file are. */
  readonly videos?: string | undefined
  /** Which rows of a CSV file. */
  readonly split?: string | undefined
}

/**
 * The videos of a source. Those of a CSV file are where `videos` says, or else in a folder beside it: of the file's name, or
 * `videos`, or the file's own.
 *
 * @param classes the names of a trained network's classes, in the order of its outputs
 * @throws UserError in one line, as `folderDataset`, `kineticsDataset` and `listDataset`, and for a split of what has none
 */
export const openVideos = ({ data, videos, split }: Source, classes?: readonly string[]): Dataset => {
  const known = classes === undefined ? {} : { classes }
  const stat = attempt(data, 'read', () => statSync(data))
  const isTable = stat.isFile() && extname(data).toLowerCase() === '.csv'
  if (split !== undefined && !isTable)
    throw new UserError(`${data}: expected a CSV file of Kinetics', of which to take the split '${split}', found none`)
  if (stat.isDirectory()) return folderDataset(data, known)
  if (!isTable) return listDataset(data, known)
  const folder = dirname(data)
  const beside = [join(folder, basename(data, extname(data))), join(folder, 'videos')].find(path => existsSync(path))
  return kineticsDataset(data, videos ?? beside ?? folder, { ...known, ...(split === undefined ? {} : { split }) })
}

/** Whatever a run's seed is, the same videos are held out. */
const SPLIT_SEED = 20230

/** Videos in an order that has nothing to do with their names. */
const shuffled = <T>(items: readonly T[], key: string): readonly T[] => {
  const random = randomStream(SPLIT_SEED, key)
  const keyed = items.map(item => ({ item, at: random() }))
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item)
}

/** Videos to train on and others to measure with: a part of each class is held out, at least one video where it has two. */
export const heldOutSplit = (
  { classes, videos }: Dataset,
  part: number,
): { readonly train: readonly LabelledVideo[]; readonly heldOut: readonly LabelledVideo[] } => {
  const out = new Set(
    classes.flatMap((name, label) => {
      const own = videos.filter(video => video.label === label)
      const count = own.length < 2 ? 0 : Math.min(own.length - 1, Math.max(1, Math.round(part * own.length)))
      return shuffled(own, name).slice(0, count)
    }),
  )
  if (out.size === 0)
    throw new UserError(`no video can be held out: every class has one alone; --validation names others`)
  return { train: videos.filter(video => !out.has(video)), heldOut: shuffled([...out], 'held out') }
}

/** Videos to measure with, in an order of which the first ones stand for all. */
export const mixed = (videos: readonly LabelledVideo[]): readonly LabelledVideo[] => shuffled(videos, 'held out')

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
