/** Videos as Mediabunny reads them: any frame by its time, with the decoders of a browser or FFmpeg's in Node. */
import type * as Mediabunny from 'mediabunny'
import type * as NodeAv from 'node-av'
import { UserError } from '../tensor'
import { answering, type Bytes, nameOf, openBytes } from './bytes'
import { type Movie, withMovie } from './chunks'
import { rgbOf, shown } from './frame'
import { kindOf } from './kinds'
import { frameOf } from './libav-decoder'
import { sampleImage } from './mediabunny-sample'
import type { Image } from './png'
import { checkIndices, firstLine, type Video } from './video'

/** What keeps Mediabunny from reading a video, that another reader may read. */
export class Unreadable extends UserError {}

interface Opening {
  readonly mediabunny: typeof Mediabunny
  /** FFmpeg, where it is beside Mediabunny. */
  readonly av: typeof NodeAv | undefined
  readonly source: string | Blob
  readonly bytes: Pick<Bytes, 'name' | 'size'>
  /** What finds frames sooner than the file's own tables do. */
  readonly movie: Movie | undefined
  readonly maxPixels: number
  readonly timeLimit: number
}

/**
 * Opens a video's first track. With FFmpeg beside it, it leaves to that what it would number or show in another way.
 *
 * @throws Unreadable that names the file and the reason, UserError where no other reader helps
 */
export const openMediabunnyVideo = async ({
  mediabunny,
  av,
  source,
  bytes: { name, size },
  movie,
  maxPixels,
  timeLimit,
}: Opening): Promise<Video> => {
  const file = await sourceOf(mediabunny, source, movie, timeLimit)
  const input = new mediabunny.Input({ formats: mediabunny.ALL_FORMATS, source: file })
  try {
    const found = (what: string) => new Unreadable(`${name}: must be a video, got ${what}`)
    if (!(await input.canRead())) throw found(`${size} bytes of another kind`)
    const track = await input.getPrimaryVideoTrack()
    if (track === null) throw found('a file without video track')
    const [codec, container] = [await track.getCodec(), (await input.getFormat()).name]
    const known = codec ?? String((await track.getInternalCodecId()) ?? 'no known name')
    if (!(await track.canDecode())) throw found(`one of the codec ${known} in ${container}, which cannot be decoded`)
    const pixels = (await track.getCodedWidth()) * (await track.getCodedHeight())
    if (pixels > maxPixels)
      throw new UserError(`${name}: must be a video of at most ${maxPixels} pixels, got ${pixels}`)
    const { times, end, plain } = await timesOf(mediabunny, track, size, found)
    if (times.length === 0) throw found('a video track without frames')
    if (av !== undefined && !plain) throw found('frames without times of their own')
    const duration = end - times[0]!
    const damaged = new Set<number>()
    const read = (indices: readonly number[]) => readTrack({ mediabunny, av, track, name, times, damaged }, indices)
    // What a container says of the size is not always true of the frames.
    let first: Image | undefined
    for await (const image of read([0])) first = image
    return {
      name,
      kind: kindOf(known, container),
      frames: times.length,
      width: first!.width,
      height: first!.height,
      duration,
      fps: duration > 0 ? times.length / duration : 0,
      times,
      read,
      damaged: () => [...damaged].sort((a, b) => a - b),
      close: () => input.dispose(),
    }
  } catch (error) {
    input.dispose()
    if (error instanceof UserError) throw error
    throw new Unreadable(`${name}: must be a video, got data that do not decode (${firstLine(error)})`, {
      cause: error,
    })
  }
}

const sourceOf = async (
  mediabunny: typeof Mediabunny,
  source: string | Blob,
  movie: Movie | undefined,
  timeLimit: number,
): Promise<Mediabunny.Source> => {
  if (movie === undefined && typeof source !== 'string') return new mediabunny.BlobSource(source)
  const bytes = await answering(openBytes(source), timeLimit, nameOf(source))
  const { size, read } = movie === undefined ? bytes : withMovie(bytes, movie)
  return new mediabunny.CustomSource({
    getSize: () => size,
    read: (start, end) => read(start, end - start),
    dispose: () => void bytes.close(),
    prefetchProfile: 'fileSystem',
  })
}

/**
 * When frames are shown, and when the last one ends. Files store them in the order of decoding. Times are plain where each
 * frame has its own, lasts, and none is shown before the first key frame.
 */
const timesOf = async (
  mediabunny: typeof Mediabunny,
  track: Mediabunny.InputVideoTrack,
  size: number,
  found: (what: string) => UserError,
) => {
  const sink = new mediabunny.EncodedPacketSink(track)
  const times = new Set<number>()
  let [packets, shownPackets, end, plain, first] = [0, 0, -Infinity, true, -Infinity]
  const options = { metadataOnly: true }
  // One after the other: the sink's own iterator reads ahead, and takes three times as long.
  for (let packet = await sink.getFirstPacket(options); packet; packet = await sink.getNextPacket(packet, options)) {
    const { timestamp, duration, type } = packet
    // Tables that are damaged may speak of billions.
    if (++packets > size) throw found(`tables of more frames than its ${size} bytes can hold`)
    if (packets === 1) {
      plain = type === 'key'
      first = timestamp
    }
    if (timestamp < first || !(duration > 0)) plain = false
    // An edit list puts what is not to be shown before time 0; FFmpeg leaves out a frame that only ends after it.
    if (timestamp < -ROUNDING) continue
    shownPackets++
    times.add(timestamp)
    end = Math.max(end, timestamp + duration)
  }
  return { times: [...times].sort((a, b) => a - b), end, plain: plain && times.size === shownPackets }
}

/** Times are fractions of seconds, of which sums are not exact. */
const ROUNDING = 1e-6

interface Track {
  readonly mediabunny: typeof Mediabunny
  readonly av: typeof NodeAv | undefined
  readonly track: Mediabunny.InputVideoTrack
  readonly name: string
  readonly times: readonly number[]
  /** The damaged frames that were read. */
  readonly damaged: Set<number>
}

const readTrack = async function* (
  { mediabunny, av, track, name, times, damaged }: Track,
  indices: readonly number[],
): AsyncGenerator<Image, void, undefined> {
  checkIndices(name, indices, times.length)
  // A frame that stands for several, as at the ends of a short video, is decoded once.
  const runs = indices.filter((index, i) => index !== indices[i - 1])
  const sink = new mediabunny.VideoSampleSink(track, { hardwareAcceleration: 'prefer-software' })
  const samples = sink.samplesAtTimestamps(runs.map(index => times[index]!))
  let at = 0
  try {
    for (const index of runs) {
      const image = await imageOf(av, samples, `${name}: must hold frame ${index}`, () => damaged.add(index))
      for (; indices[at] === index; at++) yield image
    }
  } finally {
    await samples.return()
  }
}

const imageOf = async (
  av: typeof NodeAv | undefined,
  samples: AsyncGenerator<Mediabunny.VideoSample | null>,
  expected: string,
  isDamaged: () => void,
): Promise<Image> => {
  let sample: Mediabunny.VideoSample | null | undefined
  try {
    sample = (await samples.next()).value as Mediabunny.VideoSample | null | undefined
    if (sample) return await toImage(av, sample, isDamaged)
  } catch (error) {
    // A file that does not answer would keep another reader waiting, too.
    if (error instanceof UserError) throw error
    throw new Unreadable(`${expected}, got data that do not decode (${firstLine(error)})`, { cause: error })
  } finally {
    sample?.close()
  }
  throw new Unreadable(`${expected}, got none where it should be`)
}

const toImage = async (
  av: typeof NodeAv | undefined,
  sample: Mediabunny.VideoSample,
  isDamaged: () => void,
): Promise<Image> => {
  const size = { width: sample.squarePixelWidth, height: sample.squarePixelHeight }
  const turn = { degrees: sample.rotation, mirrored: sample.flip }
  const frame = frameOf(sample)
  if (av === undefined || frame === undefined) return shown(await sampleImage(sample), size, turn)
  if (frame.decodeErrorFlags !== 0 || (frame.flags & av.AV_FRAME_FLAG_CORRUPT) !== 0) isDamaged()
  return shown(rgbOf(av, frame), size, turn)
}
