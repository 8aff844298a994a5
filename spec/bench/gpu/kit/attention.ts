/** Fused attention beside plain, by the built package's own command. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kit } from './machine'
import type { Say } from './row'

interface Figure {
  readonly attention: string
  readonly what: string
  readonly tokens: number
  readonly bytes: number
  readonly ms: readonly number[]
  readonly left?: string
}
/** @param frames of clips of V2's sizes; a program of the package for each, so that what came stays */
export const attend = async (say: Say, frames: readonly number[] = [2, 8, 16]): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-kit-'))
  const file = join(folder, 'joint.json')
  for (const n of frames) {
    const flags = ['--joint', String(n), '--variant', 'V2', '--stb', '2', '--engine', 'gpu', '--mode', 'webgpu-software', '--rounds', '3', '--json', file] // prettier-ignore
    const { status, stderr } = spawnSync(process.execPath, [join(kit, 'package/dist/cli/main.js'), 'bench', ...flags], { encoding: 'utf8' }) // prettier-ignore
    if (status !== 0) say({ what: `attention, ${n} frames`, name: 'ours', note: `did not run: ${stderr.trim()}` })
    if (status !== 0) continue
    const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: Figure[] }
    for (const { attention, what, tokens, bytes, ms, left } of results)
      say({ what: `${what}: joint attention, ${tokens} tokens`, name: attention, ms, note: left ?? `${(bytes / 1e6).toFixed(0)} MB of values` }) // prettier-ignore
  }
  rmSync(folder, { recursive: true })
}
