/**
 * How fast clips are made of videos (decode, sample, resize, crop, normalise), beside ffmpeg, which decodes the same files on
 * as many cores and scales them: `npx ts-node -T spec/bench/video.ts [FILE]` prints the figures and writes them to the file.
 *
 * Needs ffmpeg with libx264, which also makes the videos: 340 × 256 pixels, 10 s of 30 frames, as those of Kinetics are.
 */
import { median } from '../../lib/ablation'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { paperSampling, trainingClip, viewClips } from '../../lib/video'
import { openClipReader } from '../../lib/video/node'

const [VIDEOS, ROUNDS] = [8, 3]
const cores = availableParallelism()
const folder = mkdtempSync(join(tmpdir(), 'bench-video-'))
const files = Array.from({ length: VIDEOS }, (_, i) => join(folder, `${i}.mp4`))

const run = (args: readonly string[]): Promise<void> =>
  new Promise((done, fail) =>
    spawn('ffmpeg', ['-v', 'error', ...args], { stdio: 'ignore' })
      .on('error', fail)
      .on('exit', code => (code === 0 ? done() : fail(new Error(`ffmpeg ended with ${code}`)))),
  )

/** Each file in a process of one thread, as many at a time as there are cores. */
const ffmpeg = async (): Promise<void> => {
  const left = [...files]
  const one = async (): Promise<void> => {
    for (let file = left.pop(); file !== undefined; file = left.pop())
      await run(['-threads', '1', '-i', file, '-an', '-vf', 'scale=-2:256:flags=bilinear', '-threads', '1', '-f', 'null', '-']) // prettier-ignore
  }
  await Promise.all(Array.from({ length: cores }, one))
}

const main = async (): Promise<void> => {
  for (const [i, file] of files.entries())
    await run(['-f', 'lavfi', '-i', `testsrc2=size=340x256:rate=30:duration=10,noise=alls=12:allf=t:all_seed=${i}`, '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-pix_fmt', 'yuv420p', file]) // prettier-ignore
  const reader = openClipReader({ workers: cores })
  const make = async (requests: Parameters<typeof reader.read>[0]): Promise<void> => {
    for await (const result of reader.read(requests)) if ('problem' in result) throw new Error(result.problem)
  }
  const ways: Record<string, () => Promise<void>> = {
    'ffmpeg: decode and scale all frames': ffmpeg,
    'ours: training clips, 8 frames with stride 32': () => make(files.map((file, index) => trainingClip(file, { seed: 1, epoch: 1, index }))), // prettier-ignore
    'ours: training clips, 32 frames with stride 8': () => make(files.map((file, index) => trainingClip(file, { seed: 1, epoch: 1, index }, { sampling: paperSampling[32] }))), // prettier-ignore
    'ours: a view of three crops, 8 frames with stride 32': () => make(files.flatMap(file => viewClips(file))),
  }
  const seconds: Record<string, number[]> = {}
  try {
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, way] of Object.entries(ways)) {
        const begun = performance.now()
        await way()
        // The first round is a warm-up.
        if (round > 0) (seconds[name] ??= []).push((performance.now() - begun) / 1000)
      }
  } finally {
    await reader.close()
  }
  const [first] = Object.values(seconds) as [number[], ...number[][]]
  const results = Object.entries(seconds).map(([name, all]) => {
    const time = median(all)
    return { name, videosPerSecond: VIDEOS / time, timesFfmpeg: time / median(first), seconds: all }
  })
  for (const { name, videosPerSecond, timesFfmpeg } of results)
    console.log(`${name}: ${videosPerSecond.toFixed(1)} videos/s, ${timesFfmpeg.toFixed(2)} × the time of ffmpeg`)
  const version = spawnSync('ffmpeg', ['-version'], { encoding: 'utf8' }).stdout.split(' ').slice(0, 3).join(' ')
  const machine = { cpu: cpus()[0]?.model, cores, node: process.versions.node, ffmpeg: version }
  const found = { command: 'npx ts-node -T spec/bench/video.ts', machine, videos: VIDEOS, rounds: ROUNDS, results }
  const [file] = process.argv.slice(2)
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`)
}

void main().finally(() => rmSync(folder, { recursive: true }))
