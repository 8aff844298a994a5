/** Steps and forward passes of the paper's networks: ours beside PyTorch's, eager and compiled, with the same weights, clips and losses. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contender, WHAT } from '../../../../lib/cli/bench/contender'
import { rest } from '../../../../lib/cli/bench/measured'
import { ours } from '../../../../lib/cli/bench/ours'
import { startPeer } from '../../../../lib/cli/bench/peer'
import { saveCase } from '../../../../lib/cli/bench/peers'
import { testOf, TRAIN } from '../../../../lib/cli/bench/test'
import { variants } from '../../../../lib/paper'
import { kit, opened, pytorch } from './machine'
import type { Say } from './row'

const ROUNDS = 5

/** PyTorch as it is, and compiled where that runs. */
const peers = async (test: ReturnType<typeof testOf>, what: string, say: Say): Promise<Contender[]> => {
  const found = pytorch()
  if (!found) return []
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-kit-'))
  const files = saveCase(folder, test)
  const numbers = [TRAIN.rate, TRAIN.momentum, TRAIN.decay, 1].map(String)
  const started: Contender[] = []
  for (const compiled of [[], ['compiled']]) {
    const args = [join(kit, 'spec/bench/pytorch.py'), ...files, ...numbers, found.device, ...compiled]
    try {
      started.push(await startPeer(found.python, args, {}))
    } catch (error) {
      const name = `PyTorch ${found.version}${compiled.length === 0 ? '' : ', compiled'}`
      say({ what, name, note: `did not run: ${(error as Error).message}` })
    }
  }
  rmSync(folder, { recursive: true })
  return started
}

/** @param named a variant and the clips of a step */
export const compare =
  (named: keyof typeof variants, clips: number) =>
  async (say: Say): Promise<void> => {
    const test = testOf(variants[named], clips)
    const engine = await opened()
    const title = `${named}, ${clips === 1 ? '1 clip' : `${clips} clips`}`
    for (const what of WHAT) {
      const of = { ...test, what: [what] }
      const all = [await ours(engine, of, 'kept', () => undefined), await ours(engine, of, 'left out', () => undefined)]
      all.push(...(await peers(test, `${what}: ${title}`, say)))
      const figures = all.map(({ name }) => ({ name, ms: [] as number[], losses: [] as number[], note: '' }))
      for (let round = -1; round < ROUNDS; round++)
        for (const [i, { run, name }] of all.entries()) {
          const figure = figures[i]!
          if (figure.note.startsWith('did not run')) continue
          await rest()
          try {
            const { ms, losses, figures: made } = await run(what, round < 0 ? 3 : 1)
            if (round < 0) figure.losses.push(...losses)
            else figure.ms.push(...ms)
            if (made) figure.note = `${made.dispatches} dispatches in ${made.submissions} submission, ${made.hostMs.toFixed(1)} ms on the host` // prettier-ignore
          } catch (error) {
            if (!name.startsWith('PyTorch')) throw error
            figure.note = `did not run: ${(error as Error).message}`
          }
        }
      for (const figure of figures) say({ what: `${what}: ${title}`, ...figure })
      await Promise.all(all.map(c => c.close().catch(() => undefined)))
    }
    await engine.close()
  }
