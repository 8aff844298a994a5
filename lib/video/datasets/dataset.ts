/** What a dataset is: videos on disk, each with its class. */
import { cited, tame, UserError } from '../../tensor'

/** A video, and the index of its class. */
export interface LabelledVideo {
  readonly path: string
  readonly label: number
  /** The seconds of it that are the class's, where that is not all of it. */
  readonly part?: TimeSpan
}

/** A part of a video in seconds: from the frame that is shown at `from` to the last one before `to`. */
export interface TimeSpan {
  readonly from: number
  readonly to: number
}

/** A video that is left out, and why. */
export interface VideoProblem {
  readonly path: string
  readonly reason: string
}

/** Labelled videos on disk. */
export interface Dataset {
  /** K class names, in the order of the network's outputs. */
  readonly classes: readonly string[]
  readonly videos: readonly LabelledVideo[]
  /** Videos that are left out: most are not there. */
  readonly problems: readonly VideoProblem[]
  /** What else its reader should know, a sentence each: classes without videos, files that are passed over. */
  readonly remarks: readonly string[]
}

/** What is known of the classes before the videos are looked for. */
export interface Known {
  /** Names in the order of a trained network's outputs. */
  readonly classes?: readonly string[] | undefined
  /** A file that names numbered classes. */
  readonly classNames?: string | undefined
}

/** More classes than any dataset has: a label beyond them is a mistake, and would be a network of as many outputs. */
export const CLASS_LIMIT = 100_000

/** Names compare alike however a file system writes their accents: Unicode's composed form. */
export const composed = (name: string): string => name.normalize('NFC')

/** `a, b, c and 5 more`. */
export const some = (items: readonly string[], most = 3): string =>
  items.length <= most ? items.join(', ') : `${items.slice(0, most).join(', ')} and ${items.length - most} more`

/** The dataset, which has a video. Throws UserError otherwise, with one that was looked for. */
export const filled = (name: string, dataset: Dataset): Dataset => {
  const [first] = dataset.problems
  if (dataset.videos.length > 0) return withoutVideos(dataset)
  const left = first === undefined ? '' : ` of ${dataset.problems.length}: ${first.path}, for one: ${first.reason}`
  throw new UserError(`${name}: must have videos, got none${left}`)
}

/** The dataset, with a remark on classes that no video is of. */
const withoutVideos = (dataset: Dataset): Dataset => {
  const used = new Set(dataset.videos.map(({ label }) => label))
  const empty = dataset.classes.filter((_, label) => !used.has(label))
  if (empty.length === 0) return dataset
  const remark = `${empty.length} of ${dataset.classes.length} classes have no video: ${some(empty.map(cited))}`
  return { ...dataset, remarks: [...dataset.remarks, remark] }
}

/** What was left out, a line for each video under one with their number, whatever its name holds; nothing where nothing was. */
export const describeProblems = (problems: readonly VideoProblem[], videos: number): string => {
  if (problems.length === 0) return ''
  const named = problems.map(({ path, reason }) => (reason.startsWith(path) ? reason : `${path}: ${reason}`))
  return [`${problems.length} of ${videos} videos left out:`, ...named.map(line => `  ${tame(line)}`)].join('\n')
}
