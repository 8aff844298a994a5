/** Videos to train on, and others to measure with. Pure: which are which depends on the names of classes and files alone. */
import { randomStream, UserError } from '../../tensor'
import type { Dataset, LabelledVideo } from './dataset'
import { groupedBy } from './groups'

/** Whatever a run's seed is, the same videos are held out. */
const SPLIT_SEED = 20230

/** For the paths of copies the path of the video that they are copies of. */
export type Copies = ReadonlyMap<string, string>

/** Videos to train on, and videos that are held out. */
export interface HeldOutSplit {
  readonly train: readonly LabelledVideo[]
  readonly heldOut: readonly LabelledVideo[]
}

/** In an order that has nothing to do with their names. */
const shuffled = <T>(items: readonly T[], key: string): readonly T[] => {
  const random = randomStream(SPLIT_SEED, key)
  const keyed = items.map(item => ({ item, at: random() }))
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item)
}

/** Videos to measure with, in an order of which the first ones stand for all. */
export const mixed = (videos: readonly LabelledVideo[]): readonly LabelledVideo[] => shuffled(videos, 'held out')

/**
 * Holds a part of each class out, at least one video where it has two. Copies of a video, and parts of one, are all on one side;
 * what is held out is measured once for each of its classes and parts.
 *
 * @throws UserError when every class has one video alone
 */
export const heldOutSplit = ({ classes, videos }: Dataset, part: number, copies: Copies = new Map()): HeldOutSplit => {
  const idOf = ({ path }: LabelledVideo): string => copies.get(path) ?? path
  const ofClass = groupedBy(videos, ({ label }) => label)
  const byClass = classes.map((_, label) => groupedBy(ofClass.get(label) ?? [], idOf))
  const [out, kept] = [new Set<string>(), new Set<string>()]
  classes.forEach((name, label) => {
    const own = [...byClass[label]!.keys()]
    const already = own.filter(id => out.has(id)).length
    const count = own.length < 2 ? 0 : Math.min(own.length - 1, Math.max(1, Math.round(part * own.length)))
    const free = shuffled(own, name).filter(id => !out.has(id) && !kept.has(id))
    free.forEach((id, i) => (i < count - already ? out : kept).add(id))
  })
  if (out.size === 0)
    throw new UserError('no video can be held out: every class has one alone; --validation names others')
  const measured = [...out].flatMap(id => byClass.flatMap(own => distinct(own.get(id) ?? [])))
  return { train: videos.filter(video => !out.has(idOf(video))), heldOut: mixed(measured) }
}

/** What is not held out twice: of copies one. */
const distinct = (same: readonly LabelledVideo[]): readonly LabelledVideo[] => [
  ...new Map(same.map(video => [JSON.stringify(video.part), video] as const).reverse()).values(),
]

/** Those of the videos that are not among others, whatever their paths: a network is not measured with what it was trained on. */
export const apartFrom = (
  videos: readonly LabelledVideo[],
  others: readonly LabelledVideo[],
  copies: Copies,
): readonly LabelledVideo[] => {
  const idOf = ({ path }: LabelledVideo): string => copies.get(path) ?? path
  const ids = new Set(others.map(idOf))
  return videos.filter(video => !ids.has(idOf(video)))
}
