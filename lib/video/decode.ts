/** Videos and still pictures on disk: how many frames they have, and the pixels of those that are asked for. */
import type * as Mediabunny from 'mediabunny'
import { UserError } from '../tensor'
import { type Bytes, openBytes, refused } from './bytes'
import { checkWhole } from './container'
import { loadMediabunny } from './mediabunny'
import { type ColourSpace, fromPlanes, fromRgbx, type Planar, turned } from './pixels'
import type { Image } from './png'
import { resizeImage } from './resize'
import { decodeStill, isStill } from './still'

/** A video that is open. Frames are counted in the order in which they are shown, from 0. */
export interface Video {
  /** The path, as errors name it. */
  readonly name: string
  /** How many frames there are; a still picture has one. */
  readonly frames: number
  /** The size of its frames as they are shown: upright, and with square pixels. */
  readonly width: number
  readonly height: number
  /** In seconds; 0 for a still picture. */
  readonly duration: number
  /** Frames per second, on average where the rate varies; 0 for a still picture. */
  readonly fps: number
  /** When each frame is shown, in seconds, rising. */
  readonly times: readonly number[]
  /** The codec and the container, as people call them: 'H.264 in MP4'. */
  readonly kind: string
  /**
   * The RGB images of frames, one after the other. Of the video only the way from the key frame before a frame to the
   * frame is decoded, and nothing twice where indices rise; a few frames are held at a time.
   *
   * @throws UserError when there is no such frame, or it cannot be decoded
   */
  readonly read: (indices: readonly number[]) => AsyncGenerator<Image, void, undefined>
  readonly close: () => void
}

/**
 * Opens a video (MP4, MOV, WebM, Matroska, …) or a still picture (PNG, JPEG), whatever its name ends in. Close it after use.
 *
 * @param source a path, or a Blob or File where there is no disk
 * @throws UserError in one line that names the file and the reason: it cannot be read, is empty, truncated, of another kind,
 *   without video track or frames, of a codec that cannot be decoded; or packages are missing, and which to install
 */
export const openVideo = async (source: string | Blob): Promise<Video> => {
  const bytes = await openBytes(source)
  const { name, size } = bytes
  try {
    if (size === 0) throw new UserError(`${name}: expected a video, found an empty file`)
    if (isStill(await bytes.read(0, 4))) return await openStill(bytes)
    await checkWhole(bytes)
    return await openTrack(source, name, size)
  } catch (error) {
    throw refused(name, error)
  } finally {
    await bytes.close()
  }
}

const openStill = async ({ name, size, read }: Bytes): Promise<Video> => {
  const image = await decodeStill(await read(0, size), name)
  const { width, height } = image
  const repeat = async function* (indices: readonly number[]) {
    indices.forEach(index => checkIndex(name, index, 1))
    for (const _ of indices) yield image
  }
  return {
    name,
    frames: 1,
    width,
    height,
    duration: 0,
    fps: 0,
    times: [0],
    kind: 'a picture',
    read: repeat,
    close: () => undefined,
  }
}

const codecNames: Readonly<Record<string, string>> = { avc: 'H.264', hevc: 'HEVC', vp8: 'VP8', vp9: 'VP9', av1: 'AV1' }

const openTrack = async (source: string | Blob, name: string, size: number): Promise<Video> => {
  const mediabunny = await loadMediabunny()
  const file = typeof source === 'string' ? new mediabunny.FilePathSource(source) : new mediabunny.BlobSource(source)
  const input = new mediabunny.Input({ formats: mediabunny.ALL_FORMATS, source: file })
  try {
    const found = (what: string) => new UserError(`${name}: expected a video, found ${what}`)
    if (!(await input.canRead())) throw found(`${size} bytes of another kind`)
    const track = await input.getPrimaryVideoTrack()
    if (track === null) throw found('a file without video track')
    if (!(await track.canDecode()))
      throw found(`the codec ${(await track.getCodec()) ?? 'of no known name'}, which cannot be decoded`)
    const { times, end } = await timesOf(mediabunny, track, size, found)
    if (times.length === 0) throw found('a video track without frames')
    const duration = end - times[0]!
    return {
      name,
      frames: times.length,
      width: await track.getDisplayWidth(),
      height: await track.getDisplayHeight(),
      duration,
      fps: times.length / duration,
      times,
      kind: `${codecNames[(await track.getCodec()) ?? ''] ?? 'another codec'} in ${(await input.getFormat()).name}`,
      read: indices => readTrack(mediabunny, track, name, times, indices),
      close: () => input.dispose(),
    }
  } catch (error) {
    input.dispose()
    throw error instanceof UserError ? error : undecodable(name, 'a video', error)
  }
}

/** When frames are shown, and when the last one ends. Files store them in the order of decoding. */
const timesOf = async (
  mediabunny: typeof Mediabunny,
  track: Mediabunny.InputVideoTrack,
  size: number,
  found: (what: string) => UserError,
) => {
  let packets = 0
  const times = new Set<number>()
  let end = -Infinity
  for await (const { timestamp, duration } of new mediabunny.EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    // prettier-ignore
    // Tables that are damaged may speak of billions.
    if (++packets > size) throw found(`tables of more frames than its ${size} bytes can hold`)
    // An edit list puts what is not to be shown before time 0.
    if (timestamp + duration <= 0 && timestamp < 0) continue
    times.add(timestamp)
    end = Math.max(end, timestamp + duration)
  }
  return { times: [...times].sort((a, b) => a - b), end }
}

const readTrack = async function* (
  mediabunny: typeof Mediabunny,
  track: Mediabunny.InputVideoTrack,
  name: string,
  times: readonly number[],
  indices: readonly number[],
): AsyncGenerator<Image, void, undefined> {
  indices.forEach(index => checkIndex(name, index, times.length))
  // A frame that stands for several, as at the ends of a short video, is decoded once.
  const runs = indices.filter((index, i) => index !== indices[i - 1])
  const sink = new mediabunny.VideoSampleSink(track, { hardwareAcceleration: 'prefer-software' })
  const samples = sink.samplesAtTimestamps(runs.map(index => times[index]!))
  let at = 0
  try {
    for (const index of runs) {
      const image = await imageOf(samples, `${name}: expected frame ${index}`)
      for (; indices[at] === index; at++) yield image
    }
  } finally {
    await samples.return()
  }
}

const imageOf = async (samples: AsyncGenerator<Mediabunny.VideoSample | null>, expected: string): Promise<Image> => {
  let sample: Mediabunny.VideoSample | null | undefined
  try {
    sample = (await samples.next()).value as Mediabunny.VideoSample | null | undefined
    if (sample) return await toImage(sample)
  } catch (error) {
    throw new UserError(`${expected}, found data that do not decode (${firstLine(error)})`, { cause: error })
  } finally {
    sample?.close()
  }
  throw new UserError(`${expected}, found none where it should be`)
}

const toImage = async (sample: Mediabunny.VideoSample): Promise<Image> => {
  const { format, visibleRect: size, colorSpace } = sample
  const planar = isPlanar(format) && colorSpace.matrix !== 'rgb'
  // The types of WebCodecs that come with the package do not know of `format` yet.
  const options: { format?: 'RGBX'; rect?: undefined } = planar ? {} : { format: 'RGBX' }
  const pixels = new Uint8Array(sample.allocationSize(options))
  const layout = await sample.copyTo(pixels, options)
  const image = planar ? fromPlanes(pixels, layout, format, size, colourSpaceOf(colorSpace)) : fromRgbx(pixels, size)
  const [width, height] = [sample.squarePixelWidth, sample.squarePixelHeight]
  const square = width === size.width && height === size.height ? image : resizeImage(image, { width, height })
  return turned(square, sample.rotation, sample.flip)
}

const isPlanar = (format: string | null): format is Planar =>
  format === 'I420' || format === 'I422' || format === 'I444' || format === 'NV12'

/** What a file does not say is as FFmpeg takes it: BT.601, within 16 to 235. */
const colourSpaceOf = ({ matrix, fullRange }: Mediabunny.VideoSampleColorSpace): ColourSpace => ({
  matrix: matrix === 'bt709' ? 'bt709' : matrix === 'bt2020-ncl' ? 'bt2020' : 'bt601',
  full: fullRange === true,
})

const checkIndex = (name: string, index: number, frames: number): void => {
  if (!(Number.isInteger(index) && index >= 0 && index < frames))
    throw new UserError(`${name}: expected a frame from 0 to ${frames - 1}, found ${index}`)
}

const undecodable = (name: string, what: string, error: unknown): UserError =>
  new UserError(`${name}: expected ${what}, found data that do not decode (${firstLine(error)})`, { cause: error })

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0]!
