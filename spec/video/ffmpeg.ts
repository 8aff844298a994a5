/** Videos that ffmpeg makes, and what it shows of them: what the reader is compared with. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Image, openVideo } from '../../lib/video'

const ffmpeg = (...args: readonly string[]): Buffer => {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { maxBuffer: 2 ** 30 }) // prettier-ignore
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${String(stderr)}`)
  return stdout
}

/** Why there is nothing to compare with; undefined where there is. */
export const noFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 ? undefined : 'there is no ffmpeg'

/** A kind of file. */
export interface Kind {
  /** What its file is called: the ending is the container. */
  readonly file: string
  /** ffmpeg's options for the pictures. */
  readonly encoder: string
  /** Steps after the first, each from the file before it (IN) to the next (OUT). */
  readonly then?: readonly string[]
  /** The pictures, where they are others than those of all. */
  readonly source?: string
  /** The number of frames where this ffmpeg cannot read what it made; each is the source's. */
  readonly unread?: number
  /** By how many levels samples may differ on average. */
  readonly levels?: number
}

/** Pictures that move, with a counter in them; they are as small as codecs let them be. */
const SOURCE = 'testsrc2=s=96x80:r=25:d=1.2'

const words = (line: string): readonly string[] => line.split(' ').filter(word => word !== '')

/** Makes a file of a kind in a folder. */
export const make = (folder: string, { file, encoder, then = [], source = SOURCE }: Kind): string => {
  const steps = [`-f lavfi -i ${source} ${encoder} OUT`, ...then]
  const names = steps.map((_, i) => join(folder, i === steps.length - 1 ? file : `${i}-${file}`))
  steps.forEach((step, i) => ffmpeg(...words(step).map(word => (word === 'IN' ? names[i - 1]! : word === 'OUT' ? names[i]! : word)))) // prettier-ignore
  return names.at(-1)!
}

interface Shown {
  readonly width: number
  readonly height: number
  readonly frames: readonly Buffer[]
  readonly times: readonly number[]
}

/** What ffmpeg shows: colours held over the pixels that a sample covers, as here. */
const shownBy = (...input: readonly string[]): Shown => {
  const probe = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', ...input, '-map', '0:v:0', '-frames:v', '1', '-c:v', 'ppm', '-f', 'image2pipe', '-'], { maxBuffer: 2 ** 28 }) // prettier-ignore
  const [, width, height] = /^P6\n(\d+) (\d+)\n/.exec(probe.stdout.toString('latin1'))!.map(Number) as [number, number, number] // prettier-ignore
  const all = ffmpeg(...input, '-map', '0:v:0', '-fps_mode', 'passthrough', '-vf', 'scale=flags=neighbor+accurate_rnd+full_chroma_int+full_chroma_inp', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-') // prettier-ignore
  const size = 3 * width * height
  const frames = Array.from({ length: all.length / size }, (_, k) => all.subarray(k * size, (k + 1) * size))
  const { stdout } = spawnSync('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=best_effort_timestamp_time', '-of', 'csv=p=0', input.at(-1)!]) // prettier-ignore
  const times = String(stdout).split('\n').map(parseFloat).filter(time => !Number.isNaN(time)) // prettier-ignore
  return { width, height, frames, times }
}

const distance = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0) / a.length // prettier-ignore

/** Checks that a file's frames are ffmpeg's: number, order, times, sizes and colours, in order, at random, and strided. */
export const compare = async (path: string, { source = SOURCE, unread, levels = 1.5 }: Kind): Promise<void> => {
  const reference = unread === undefined ? shownBy('-i', path) : shownBy('-f', 'lavfi', '-i', source)
  const video = await openVideo(path)
  try {
    expect(video.frames, 'frames').to.equal(unread ?? reference.frames.length)
    expect([video.width, video.height], 'size').to.deep.equal([reference.width, reference.height])
    const last = video.frames - 1
    const inOrder = reference.frames.map((_, k) => k)
    const atRandom = [last, 0, last >> 1, 3, 3, last, last - 1].map(k => Math.max(Math.min(k, last), 0))
    const strided = inOrder.filter(k => k % 7 === 2)
    for (const indices of [inOrder, atRandom, strided]) {
      const images: Image[] = []
      for await (const image of video.read(indices)) images.push(image)
      expect(images).to.have.lengthOf(indices.length)
      images.forEach(({ data }, i) => {
        const index = indices[i]!
        expect(distance(data, reference.frames[index]!), `frame ${index} of ${indices.join()}`).to.be.at.most(levels)
      })
    }
    if (unread === undefined && reference.times.length === video.frames)
      video.times.forEach((time, k) => expect(time - video.times[0]!, `time ${k}`).to.be.closeTo(reference.times[k]! - reference.times[0]!, 2e-3)) // prettier-ignore
    expect(video.damaged()).to.deep.equal([])
  } finally {
    video.close()
  }
}
