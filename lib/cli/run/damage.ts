/** Damaged pictures of videos that decoders have concealed: they are used, and said. */
import { counted, grouped } from '../../format/text'
import { tame } from '../../tensor'

/** The videos that are named at most. */
const NAMED = 10

/** Collects the damaged frames of videos by their numbers, each once. */
export const concealedIn = () => {
  const videos = new Map<string, Set<number>>()
  return {
    add: (path: string, frames: readonly number[]): void => {
      if (frames.length > 0) videos.set(path, new Set([...(videos.get(path) ?? []), ...frames]))
    },
    /** A line for each video, as far as there are not too many. */
    lines: (): readonly string[] => {
      const all = [...videos].map(([path, { size }]) => ({ path, size }))
      const others = all.slice(NAMED)
      const more = counted(others.reduce((sum, { size }) => sum + size, 0), 'damaged picture was', 'damaged pictures were') // prettier-ignore
      return [
        ...all.slice(0, NAMED).map(({ path, size }) => concealedText(path, size)),
        ...(others.length === 0 ? [] : [`${more} concealed in ${grouped(others.length)} other videos`]),
      ]
    },
    list: (): Readonly<Record<string, readonly number[]>> =>
      Object.fromEntries([...videos].map(([path, frames]) => [path, [...frames].sort((a, b) => a - b)])),
  }
}

const concealedText = (path: string, frames: number): string =>
  `${counted(frames, 'damaged picture was', 'damaged pictures were')} concealed in ${tame(path)}`
