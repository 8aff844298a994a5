/** Videos as FFmpeg reads them, frame by frame in its own order: in Node, from a path. */
import type * as NodeAv from 'node-av'
import { UserError } from '../tensor'
import { type Decoding, Missing, openDecoding } from './decoding'
import { rgbOf, shown, squareSize, turnOf } from './frame'
import { kindOf } from './kinds'
import { memoOfFiles } from './memo'
import type { Image } from './png'
import { checkIndices, firstLine, nextTurn, type Video } from './video'

type Av = typeof NodeAv

/** What is known of a file once it has been decoded: of each frame in turn, as compact as it can be, and of all of them. */
interface Index {
  /** The numbers of their packets. */
  readonly packets: Int32Array
  readonly times: Float64Array
  /** `DAMAGED`, `START`, or both of them, or neither. */
  readonly marks: Uint8Array
  readonly width: number
  readonly height: number
  readonly end: number
  readonly kind: string
}

/** Whether a frame's data are damaged, and whether decoding can begin with it. */
const [DAMAGED, START] = [1, 2] as const

/** Of so many frames what is known is kept, at 13 bytes each. */
const MAX_FRAMES = 4e6
const remembered = memoOfFiles<Index>(MAX_FRAMES, ({ times }) => times.length)

/** Codecs whose key frames need nothing that comes before them, nor does what is shown after them. */
const restartable = new Set(
  'mpeg4 msmpeg4v2 msmpeg4v3 mpeg1video mpeg2video flv h263 wmv1 wmv2 mjpeg prores ffv1 huffyuv ffvhuff dvvideo rawvideo png vp8 vp9 theora'.split(' '), // prettier-ignore
)

/**
 * Opens a video by FFmpeg alone. All of it is decoded once, so that frames have the numbers that FFmpeg gives them, whatever
 * the file leaves out, repeats or has damaged.
 *
 * @param maxPixels how many pixels a frame may have
 * @throws UserError that names the file and the reason
 */
export const openLibavVideo = async (av: Av, name: string, maxPixels: number): Promise<Video> => {
  const index = await remembered(name, () => indexOf(av, name, maxPixels))
  const { width, height, end, kind, marks } = index
  if (width * height > maxPixels)
    throw new UserError(`${name}: must be a video of at most ${maxPixels} pixels, got ${width * height}`)
  const times = [...index.times]
  const duration = Math.max(end - times[0]!, 0)
  const seen = new Set<number>()
  const read = async function* (indices: readonly number[]): AsyncGenerator<Image, void, undefined> {
    checkIndices(name, indices, times.length)
    for (let i = 0; i < indices.length;) {
      const rising = risingFrom(indices, i)
      for await (const image of walk(av, name, maxPixels, index, rising)) {
        const frame = indices[i]!
        if (marks[frame]! & DAMAGED) seen.add(frame)
        for (; indices[i] === frame; i++) yield image
      }
    }
  }
  const fps = duration > 0 ? times.length / duration : 0
  const damaged = (): readonly number[] => [...seen].sort((a, b) => a - b)
  return {
    name,
    kind,
    frames: times.length,
    width,
    height,
    duration,
    fps,
    times,
    read,
    damaged,
    close: () => undefined,
  }
}

/** The different indices from one on, as far as they rise. */
const risingFrom = (indices: readonly number[], from: number): readonly number[] => {
  const rising = [indices[from]!]
  for (let i = from + 1; i < indices.length && indices[i]! >= indices[i - 1]!; i++)
    if (indices[i] !== indices[i - 1]) rising.push(indices[i]!)
  return rising
}

/** Decodes a whole file, and keeps what is known of its frames. */
const indexOf = async (av: Av, name: string, maxPixels: number): Promise<Index> => {
  const found = (what: string, cause?: unknown) => new UserError(`${name}: must be a video, got ${what}`, { cause })
  const decoding = opened(av, name, maxPixels)
  try {
    const [numbers, times, marks]: [number[], number[], number[]] = [[], [], []]
    const timeOf = clock()
    let [size, end] = [{ width: 0, height: 0 }, -Infinity]
    for (let frame = await nextFrame(decoding); frame !== undefined; frame = await nextFrame(decoding)) {
      if (times.length === 0) size = sizeOf(decoding, frame, av)
      const packet = Number(frame.pts)
      const facts = decoding.packet(packet)
      const seconds = facts?.seconds || decoding.frameSeconds
      const time = timeOf(facts?.time, decoding.seconds(frame.pktDts)) ?? (times.at(-1) ?? -seconds) + seconds
      const damaged = frame.decodeErrorFlags !== 0 || (frame.flags & av.AV_FRAME_FLAG_CORRUPT) !== 0
      const key = facts?.key === true && (frame.flags & av.AV_FRAME_FLAG_KEY) !== 0
      numbers.push(packet)
      times.push(time)
      marks.push((damaged ? DAMAGED : 0) | (key && restartable.has(decoding.codec) ? START : 0))
      end = Math.max(end, time + seconds)
    }
    const { packets, refused } = decoding.counts()
    if (packets === 0) throw found('a video track without frames')
    if (times.length === 0) throw found(`${packets} packets, ${refused} of them refused, that decode to no frame`)
    return {
      packets: Int32Array.from(numbers),
      times: Float64Array.from(times),
      marks: Uint8Array.from(marks),
      ...size,
      end,
      kind: kindOf(decoding.codec, decoding.format),
    }
  } finally {
    decoding.close()
  }
}

/**
 * When frames are shown, as FFmpeg decides it: by the container's times of showing, until these have fallen back more often than
 * the times of decoding have.
 */
const clock = () => {
  let [lastShown, lastDecoded, shownFaults, decodedFaults] = [-Infinity, -Infinity, 0, 0]
  return (shownAt: number | undefined, decodedAt: number | undefined): number | undefined => {
    if (decodedAt !== undefined) {
      if (decodedAt <= lastDecoded) decodedFaults++
      lastDecoded = decodedAt
    }
    if (shownAt !== undefined) {
      if (shownAt <= lastShown) shownFaults++
      lastShown = shownAt
    }
    return shownFaults <= decodedFaults || decodedAt === undefined ? (shownAt ?? decodedAt) : decodedAt
  }
}

/** The images of frames whose numbers rise, on one way through the file. */
const walk = async function* (
  av: Av,
  name: string,
  maxPixels: number,
  { packets, marks }: Index,
  wanted: readonly number[],
): AsyncGenerator<Image, void, undefined> {
  const decoding = opened(av, name, maxPixels)
  try {
    let at = -1
    for (const index of wanted) {
      // The last frame before the one that is wanted that decoding can begin with, unless its packet has been read already.
      let start = index
      while (start > at && !(marks[start]! & START)) start--
      let awaited: number | undefined
      if (start > at + 1 && packets[start]! >= decoding.counts().packets) {
        awaited = packets[start]!
        decoding.skipTo(awaited)
      }
      let frame: NodeAv.Frame | undefined
      while (at < index) {
        frame = await nextFrame(decoding)
        if (frame === undefined)
          throw new UserError(`${name}: must hold frame ${index}, got an end before it: did the file change?`)
        // What is shown before the frame that decoding began with may lack what it is made from.
        if (awaited !== undefined && Number(frame.pts) !== awaited) continue
        at = awaited === undefined ? at + 1 : start
        awaited = undefined
      }
      yield imageOf(av, decoding, frame!)
    }
  } finally {
    decoding.close()
  }
}

const opened = (av: Av, name: string, maxPixels: number): Decoding => {
  try {
    return openDecoding(av, name, maxPixels)
  } catch (cause) {
    const what = cause instanceof Missing ? cause.message : `bytes of another kind (${firstLine(cause)})`
    throw new UserError(`${name}: must be a video, got ${what}`, { cause })
  }
}

/** How many frames are decoded before others have their turn. */
const SPELL = 16

const nextFrame = async (decoding: Decoding): Promise<NodeAv.Frame | undefined> => {
  const frame = decoding.next()
  if (decoding.counts().packets % SPELL === 0) await nextTurn()
  return frame
}

const imageOf = (av: Av, { stream }: Decoding, frame: NodeAv.Frame): Image =>
  shown(rgbOf(av, frame), squareSize(frame, aspectOf(stream, frame)), turnIn(av, stream, frame))

const sizeOf = ({ stream }: Decoding, frame: NodeAv.Frame, av: Av) => {
  const { width, height } = squareSize(frame, aspectOf(stream, frame))
  return turnIn(av, stream, frame).degrees % 180 === 0 ? { width, height } : { width: height, height: width }
}

/** The container's word on the shape of pixels counts before the codec's. */
const aspectOf = (stream: NodeAv.Stream, frame: NodeAv.Frame): NodeAv.Rational =>
  stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : frame.sampleAspectRatio

const turnIn = (av: Av, { codecpar }: NodeAv.Stream, frame: NodeAv.Frame) =>
  turnOf(frame.getSideData(av.AV_FRAME_DATA_DISPLAYMATRIX) ?? codecpar.getCodedSideData(av.AV_PKT_DATA_DISPLAYMATRIX))
