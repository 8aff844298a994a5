/** Opens videos and still pictures, on disk or in a Blob: the bytes say which library reads them. */
import { UserError } from '../tensor'
import { answering, type Bytes, nameOf, openBytes, refused } from './bytes'
import { inspect } from './container'
import { isFolder, openFrames } from './frames'
import { openLibavVideo } from './libav-video'
import { hasAv, loadAv, loadMediabunny } from './mediabunny'
import { openMediabunnyVideo, Unreadable } from './mediabunny-video'
import { MAX_PIXELS } from './png'
import { decodeStill, isStill } from './still'
import { inTime } from './time-limit'
import { checkIndices, checkLimit, type Video } from './video'

export type { Video } from './video'

/** What a video may take. */
export interface VideoLimits {
  /** How many pixels a frame may have; 2²⁶, which is 8192 × 8192, unless it is said. */
  readonly maxPixels?: number
  /** How many seconds the system may take to open a file, and for each read of it, 60 unless it is said. FFmpeg's own reads, of
   *  what it alone can take apart, have no limit but that of the process (`openClipReader`). */
  readonly timeLimit?: number
}

/** How a video is opened. */
export interface VideoOptions extends VideoLimits {
  /** Frames per second of a folder of pictures, which says none: its rate is 0 unless it is said. */
  readonly fps?: number | undefined
  /** Mediabunny, where a bundler must be told of it: `() => import('mediabunny')`. It is loaded by its name without it, as in
   *  Node. */
  readonly mediabunny?: () => Promise<unknown>
}

/**
 * Opens a video, a still picture (PNG, JPEG), whatever its name ends in, or a folder of numbered pictures. Mediabunny reads MP4, MOV, Matroska and WebM of
 * H.264, HEVC, VP8, VP9 and AV1, at any frame at once; in Node FFmpeg reads what it alone can: other containers and codecs, and
 * files without an index, or with frames that no decoder shows. Close it after use.
 *
 * @param source the path of a file or a folder, or a Blob or File where there is no disk
 * @throws UserError in one line that names the file and the reason: it cannot be read, is empty, truncated, of another kind,
 *   without video track or frames, of a codec that cannot be decoded, of more pixels than the limit; or packages are missing, and
 *   which to install
 */
export const openVideo = async (
  source: string | Blob,
  { maxPixels = MAX_PIXELS, timeLimit = 60, fps = 0, mediabunny: load }: VideoOptions = {},
): Promise<Video> => {
  checkLimit('maxPixels', maxPixels, 1)
  if (typeof source === 'string' && (await inTime(isFolder(source), timeLimit, source)))
    return inTime(openFrames(source, fps, maxPixels), timeLimit, source)
  const bytes = await answering(openBytes(source), timeLimit, nameOf(source))
  const { name, size } = bytes
  try {
    if (size === 0) throw new UserError(`${name}: must be a video, got an empty file`)
    if (isStill(await bytes.read(0, 4096))) return await openStill(bytes, maxPixels)
    const { name: container, indexed, movie } = await inspect(bytes)
    if (hasAv() && typeof source === 'string') {
      const av = await loadAv()
      const byFFmpeg = (): Promise<Video> => openLibavVideo(av, source, maxPixels)
      if (!indexed) return await byFFmpeg()
      const mediabunny = await loadMediabunny(load)
      const video = await openMediabunnyVideo({ mediabunny, av, source, bytes, movie, maxPixels, timeLimit }).catch(
        async (error: unknown) => {
          if (error instanceof Unreadable) return byFFmpeg()
          throw error
        },
      )
      return rescued(video, byFFmpeg)
    }
    return await openMediabunnyVideo({
      mediabunny: await loadMediabunny(load),
      av: undefined,
      source,
      bytes,
      movie,
      maxPixels,
      timeLimit,
    }).catch((error: unknown) => {
      throw error instanceof Unreadable ? withHint(error, name, container) : error
    })
  } catch (error) {
    throw refused(name, error)
  } finally {
    await bytes.close()
  }
}

const openStill = async ({ name, size, read }: Bytes, maxPixels: number): Promise<Video> => {
  const image = await decodeStill(await read(0, size), name, maxPixels)
  const { width, height } = image
  const repeat = async function* (indices: readonly number[]) {
    checkIndices(name, indices, 1)
    for (const _ of indices) yield image
  }
  const damaged = (): readonly number[] => []
  return { name, kind: 'a picture', frames: 1, width, height, duration: 0, fps: 0, times: [0], read: repeat, damaged, close: () => undefined } // prettier-ignore
}

/**
 * A video whose damaged frames are FFmpeg's, which conceals from the frames before what a decoder that begins with a key frame
 * cannot: the one that a player shows at the time of the frame.
 */
const rescued = (video: Video, open: () => Promise<Video>): Video => {
  const damaged = new Set<number>()
  const read = async function* (indices: readonly number[]): ReturnType<Video['read']> {
    let done = 0
    try {
      for await (const image of video.read(indices)) {
        if (video.damaged().includes(indices[done]!)) break
        yield image
        done++
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
    }
    if (done === indices.length) return
    const other = await open()
    const rest = indices.slice(done)
    const places = rest.map(index => Math.max(lastBefore(other.times, video.times[index]! + TICK), 0))
    let i = 0
    for await (const image of other.read(places)) {
      const seen = other.damaged()
      if (seen.includes(places[i]!) || Math.abs(other.times[places[i]!]! - video.times[rest[i]!]!) > TICK)
        damaged.add(rest[i]!)
      yield image
      i++
    }
  }
  return { ...video, read, damaged: () => [...damaged].sort((a, b) => a - b) }
}

const lastBefore = (times: readonly number[], end: number): number =>
  times.reduce((last, time, i) => (time <= end ? i : last), 0)

/** Times of one frame in two readers differ by less than this, in seconds, and those of two frames by more. */
const TICK = 1e-4

/** What is said where FFmpeg cannot help, in a browser or of a Blob: how others make a video of it that can be read. */
const withHint = (error: Unreadable, name: string, container: string | undefined): UserError => {
  const foreign = container !== undefined && !['MP4 or MOV', 'Matroska or WebM', 'MPEG-TS'].includes(container)
  if (!foreign && !error.message.includes('cannot be decoded')) return error
  const what = foreign ? `${name}: must be MP4, MOV, Matroska or WebM here, got ${container}` : error.message
  return new UserError(
    `${what}: ffmpeg -i ${JSON.stringify(name)} -c:v libx264 -pix_fmt yuv420p video.mp4 converts it`,
    {
      cause: error,
    },
  )
}
