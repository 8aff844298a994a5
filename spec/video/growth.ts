/**
 * By how much memory grows over thousands of clips: `growth.ts library` of the process that makes them, `growth.ts process` of
 * one that a reader has started for it. Writes the bytes of each half as JSON.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trainingClip } from '../../lib/video'
import { openClipReader } from '../../lib/video/node'

const [CLIPS, WARM_UP, PAGE] = [5000, 1000, 4096] as const

const fixtures = join(__dirname, '../../fixtures/videos')
const folder = mkdtempSync(join(tmpdir(), 'growth-'))
/** An MP4 without the box that says that it is one: FFmpeg reads it, and not Mediabunny. */
const foreign = join(folder, 'foreign.mp4')
writeFileSync(foreign, readFileSync(join(fixtures, 'gray.mp4')).fill('free', 4, 8))
const files = [...['h264.mp4', 'vp9.webm', 'still.png'].map(name => join(fixtures, name)), foreign]

const pages = (pid: number | string): number => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE
const childOf = (pid: number): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()

const main = async (where: 'library' | 'process'): Promise<void> => {
  const reader = openClipReader({ workers: where === 'library' ? 0 : 1 })
  const options = { sampling: { frames: 2, stride: 1 }, where: { shortSide: [40, 50], crop: 32 } } as const
  const requests = Array.from({ length: CLIPS }, (_, index) => trainingClip(files[index % files.length]!, { seed: 1, epoch: 1, index }, options)) // prettier-ignore
  const held: number[] = []
  let made = 0
  for await (const result of reader.read(requests)) {
    if ('problem' in result) throw new Error(result.problem)
    if (++made === WARM_UP || made === (WARM_UP + CLIPS) / 2 || made === CLIPS) {
      global.gc!()
      held.push(where === 'library' ? process.memoryUsage.rss() : pages(childOf(process.pid)))
    }
  }
  await reader.close()
  rmSync(folder, { recursive: true })
  const [begun, half, end] = held as [number, number, number]
  process.stdout.write(JSON.stringify([half - begun, end - half]))
}

void main(process.argv[2] as 'library' | 'process')
