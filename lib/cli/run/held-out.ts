/** Which videos a network has not learnt from, as its run remembers. */
import { dirname, resolve } from 'node:path'
import { UserError } from '../../tensor'
import { grouped } from '../../format/text'
import type { LabelledVideo } from '../../video/node'
import { FILES, readHeldOut } from './folder'

const keyOf = ({ path, part }: LabelledVideo): string => JSON.stringify([resolve(path), part?.from, part?.to])

/** Those of some videos that the run of a checkpoint held out; nothing where no run is around it. */
const heldOutOf = (checkpoint: string, videos: readonly LabelledVideo[]): readonly LabelledVideo[] | undefined => {
  const held = readHeldOut(dirname(checkpoint))
  if (held === undefined) return undefined
  const keys = new Set(held.map(keyOf))
  return videos.filter(video => keys.has(keyOf(video)))
}

/** Those of some videos that the run of a checkpoint held out. Throws UserError where the run, or any such video, is not there. */
export const onlyHeldOut = (checkpoint: string, videos: readonly LabelledVideo[]): readonly LabelledVideo[] => {
  const held = heldOutOf(checkpoint, videos)
  if (held === undefined)
    throw new UserError(`--held-out needs ${FILES.heldOut} beside ${checkpoint}, as train leaves it on videos`)
  if (held.length === 0) throw new UserError(`--held-out needs videos that the run of ${checkpoint} held out, got none of ${grouped(videos.length)}`) // prettier-ignore
  return held
}

/** What is to be said where only some of the videos were held out. */
export const seenRemark = (checkpoint: string, videos: readonly LabelledVideo[]): readonly string[] => {
  const held = heldOutOf(checkpoint, videos)?.length ?? 0
  if (held === 0 || held === videos.length) return []
  const [all, rest] = [videos.length, videos.length - held].map(grouped)
  return [
    `${rest} of ${all} videos may be those it was trained on: --held-out measures with the ${grouped(held)} that its run held out`,
  ]
}
