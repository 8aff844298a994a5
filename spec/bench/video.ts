/**
 * How fast clips are made of videos (decode, sample, resize, crop, normalise), beside ffmpeg, which decodes the same files on
 * as many cores and scales all their frames, and beside another version of this library, which takes its turns with this one:
 *
 *      npx ts-node -T spec/bench/video.ts [--before FOLDER] [--json FILE]
 *
 * FOLDER is a checkout of that version, with its packages installed. Needs ffmpeg with libx264, libvpx and libxvid, which also
 * makes the videos: 340 × 256 pixels, 10 s of 30 frames, as those of Kinetics are. Seconds of the processor are read where the
 * system shows them as files; on a machine that does other work they say more than those of the clock.
 */
import { median } from '../../lib/ablation'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import * as clips from '../../lib/video'
import * as node from '../../lib/video/node'

const [VIDEOS, ROUNDS] = [2, 3]
const cores = availableParallelism()
const folder = mkdtempSync(join(tmpdir(), 'bench-video-'))

/** Kinds of files: what they end in, how ffmpeg makes them. */
const kinds: Readonly<Record<string, readonly [ending: string, encoder: string]>> = {
  'H.264 in MP4': ['mp4', '-c:v libx264 -preset veryfast -crf 23'],
  'VP9 in WebM': ['webm', '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k'],
  'MPEG-4 part 2 in AVI, as UCF101 is': ['avi', '-c:v libxvid -q:v 4'],
  "MPEG-4 part 2 in MP4, as OpenCV's 'mp4v' is": ['mpeg4.mp4', '-c:v mpeg4 -q:v 4'],
}

/** Runs ffmpeg, whose last words are then its seconds of the processor. */
const run = (args: readonly string[]): Promise<string> =>
  new Promise((done, fail) => {
    const child = spawn(
      'bash',
      ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@"', 'ffmpeg', '-nostdin', '-v', 'error', '-y', ...args],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += String(text)))
    child.on('error', fail).on('close', code => (code === 0 ? done(said) : fail(new Error(said.trim().split('\n').at(-1))))) // prettier-ignore
  })

/** Does something with each file, with as many at a time as there are cores: as many seconds of the processor. */
const spread = async (files: readonly string[], each: (file: string) => Promise<number>): Promise<number> => {
  const left = [...files]
  let seconds = 0
  const one = async (): Promise<void> => {
    for (let file = left.pop(); file !== undefined; file = left.pop()) {
      const own = await each(file)
      seconds += own
    }
  }
  await Promise.all(Array.from({ length: cores }, one))
  return seconds
}

/** All frames of each file, in a process of one thread for each. */
const ffmpeg = (files: readonly string[]): Promise<number> =>
  spread(files, async file => {
    const said = await run(['-threads', '1', '-i', file, '-an', '-vf', 'scale=-2:256:flags=bilinear', '-threads', '1', '-f', 'null', '-']) // prettier-ignore
    const [user, system] = said.trim().split('\n').at(-1)!.split(' ').map(Number) as [number, number]
    return user + system
  })

/** Seconds of the processor that this process and those that it has started took until now. */
const taken = (): number => {
  const { user, system } = process.cpuUsage()
  const children = `/proc/self/task/${process.pid}/children`
  const pids = existsSync(children) ? readFileSync(children, 'utf8').split(' ').filter(Boolean) : []
  const ticks = pids.map(pid => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '))
  return (user + system) / 1e6 + ticks.reduce((sum, stat) => sum + Number(stat[11]) + Number(stat[12]), 0) / 100
}

type Library = Pick<typeof clips & typeof node, 'openClipReader' | 'trainingClip' | 'viewClips' | 'paperSampling'>

const ours: Library = { ...clips, ...node }
/** A checkout's, whichever of its files they are in. */
const libraryIn = (checkout: string): Library => {
  const load = createRequire(__filename)
  const [all, more] = ['index', 'node'].map(name => resolve(checkout, `lib/video/${name}.ts`)) as [string, string]
  return { ...(load(all) as Library), ...(existsSync(more) ? (load(more) as Library) : {}) }
}

/** What clips a version makes of files, by what they are. */
const waysOf = ({ openClipReader, trainingClip, viewClips, paperSampling }: Library) => {
  const reader = openClipReader({ workers: cores })
  const training = (sampling: (typeof paperSampling)[8 | 32]) => (files: readonly string[]) =>
    files.map((file, index) => trainingClip(file, { seed: 1, epoch: 1, index }, { sampling }))
  const requests = {
    'training clips, 8 frames with stride 32': training(paperSampling[8]),
    'training clips, 32 frames with stride 8': training(paperSampling[32]),
    'training clips, 32 frames with stride 8, of files not seen before': (files: readonly string[]) => {
      for (const file of files) utimesSync(file, new Date(), new Date())
      return training(paperSampling[32])(files)
    },
    'a view of three crops, 8 frames with stride 32': (files: readonly string[]) => files.flatMap(file => viewClips(file)), // prettier-ignore
  }
  const ways = Object.entries(requests).map(([name, make]) => {
    const way = async (files: readonly string[]): Promise<number> => {
      const before = taken()
      for await (const result of reader.read(make(files))) if ('problem' in result) throw new Error(result.problem)
      return taken() - before
    }
    return [name, way] as const
  })
  return { ways, close: reader.close }
}

/** Whether a version reads a kind: it does not count where it does not. */
const reads = async ({ openClipReader, viewClips }: Library, file: string): Promise<boolean> => {
  const reader = openClipReader({ workers: 0 })
  for await (const result of reader.read(viewClips(file))) return 'clip' in result
  return false
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { before: { type: 'string' }, json: { type: 'string' } } })
  const before = values.before === undefined ? undefined : libraryIn(values.before)
  const versions = { ours, ...(before && { before }) }
  const opened = Object.entries(versions).map(([name, library]) => ({ name, library, ...waysOf(library) }))
  const results: Record<string, unknown>[] = []
  try {
    for (const [kind, [ending, encoder]] of Object.entries(kinds)) {
      const files = Array.from({ length: VIDEOS }, (_, i) => join(folder, `${i}.${ending}`))
      for (const [i, file] of files.entries())
        await run(['-f', 'lavfi', '-i', `testsrc2=size=340x256:rate=30:duration=10,noise=alls=12:allf=t:all_seed=${i}`, ...encoder.split(' '), '-pix_fmt', 'yuv420p', file]) // prettier-ignore
      const ways = new Map([['ffmpeg: decode and scale all frames', ffmpeg]])
      for (const { name, library, ways: own } of opened)
        if (await reads(library, files[0]!)) for (const [what, way] of own) ways.set(`${name}: ${what}`, way)
      const times = await inTurn(ways, files)
      const [first] = [...times.values()] as [Times, ...Times[]]
      for (const [name, { seconds, cpuSeconds }] of times) {
        const [timesFfmpeg, cpuTimesFfmpeg] = [ratio(seconds, first.seconds), ratio(cpuSeconds, first.cpuSeconds)]
        const videosPerSecond = VIDEOS / median(seconds)
        console.log(`${kind}: ${name}: ${videosPerSecond.toFixed(1)} videos/s, ${timesFfmpeg.toFixed(2)} × the time of ffmpeg, ${cpuTimesFfmpeg.toFixed(2)} × its time of the processor`) // prettier-ignore
        results.push({ kind, name, videosPerSecond, timesFfmpeg, cpuTimesFfmpeg, seconds, cpuSeconds })
      }
    }
  } finally {
    await Promise.all(opened.map(({ close }) => close()))
  }
  const version = spawnSync('ffmpeg', ['-version'], { encoding: 'utf8' }).stdout.split(' ').slice(0, 3).join(' ')
  const machine = { cpu: cpus()[0]?.model, cores, load: loadavg()[1], node: process.versions.node, ffmpeg: version }
  const command = `npx ts-node -T spec/bench/video.ts${before ? ' --before FOLDER' : ''} --json docs/benchmarks/video.json`
  const found = { command, machine, videos: VIDEOS, rounds: ROUNDS, results }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(found, null, 2)}\n`)
}

interface Times {
  readonly seconds: number[]
  readonly cpuSeconds: number[]
}

const ratio = (a: readonly number[], b: readonly number[]): number => median([...a]) / median([...b])

/** Times of ways, all in turn. The first round is a warm-up. */
const inTurn = async (
  ways: ReadonlyMap<string, (files: readonly string[]) => Promise<number>>,
  files: readonly string[],
): Promise<ReadonlyMap<string, Times>> => {
  const times = new Map([...ways.keys()].map(name => [name, { seconds: [] as number[], cpuSeconds: [] as number[] }]))
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, way] of ways) {
      const begun = performance.now()
      const cpu = await way(files)
      if (round === 0) continue
      times.get(name)!.seconds.push((performance.now() - begun) / 1000)
      times.get(name)!.cpuSeconds.push(cpu)
    }
  return times
}

void main().finally(() => rmSync(folder, { recursive: true }))
