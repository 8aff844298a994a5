/** What there is to say of the videos of a run: copies of others, and those that are short for a clip. */
import { tame } from '../../tensor'
import { counted, grouped } from '../../format/text'
import { type Sampling, samplingAt, spanOf, type VideoFacts } from '../../video'
import type { Copies } from '../../video/node'

/** A remark on the videos that are shorter than a clip (decision D14); none where all have room for one. */
export const lengthRemarks = (
  videos: Iterable<Pick<VideoFacts, 'frames' | 'fps'>>,
  sampling: Sampling,
): readonly string[] => {
  if (sampling.stride === 'uniform') return []
  let [all, short, shorter] = [0, 0, 0]
  for (const { frames, fps } of videos) {
    const inTime = samplingAt(sampling, fps)
    all++
    if (frames < spanOf(inTime)) short++
    if (frames <= Number(inTime.stride)) shorter++
  }
  if (short === 0) return []
  const stride = `stride ${sampling.stride}${sampling.fps === undefined ? '' : ` at ${sampling.fps} fps`}`
  const clip = `a clip of ${sampling.frames} frames with ${stride}, which spans ${spanOf(sampling)}`
  const even = shorter === 0 ? '' : `; the stride is longer than ${counted(shorter, 'video', 'of them')}`
  return [
    `${grouped(short)} of ${counted(all, 'video is', 'videos are')} shorter than ${clip}: their ends are shown again and again${even} (--stride uniform takes frames evenly)`,
  ]
}

/** How many videos are copies of others, and one of them. */
export const copiesText = (copies: Copies): string => {
  const example = [...copies].slice(0, 1).map(([copy, of]) => `: ${tame(copy)} is ${tame(of)}, for one`)
  return `${counted(copies.size, 'video is a copy', 'videos are copies')} of another${example.join('')}`
}
