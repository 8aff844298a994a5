/** Runs of `train` that end at some change of the file system, and are started again. */
import { expect } from 'chai'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Metrics, readMetrics } from '../../lib/training/metrics'
import { bytes, cli, small } from './command'
import { bury, killedAt } from './crash'

const flags = [...small, '--steps', '4', '--every', '2', '--quiet']

/** A run that is not disturbed, and what one that was disturbed must come to. */
export const crashes = (runs: string) => {
  const train = (name: string, ...more: string[]) => cli(['train', '--runs', runs, '--name', name, ...flags, ...more])
  const metrics = (name: string): Partial<Metrics>[] =>
    readMetrics(join(runs, name, 'metrics.jsonl')).map(line => ({
      ...line,
      ...{ seconds: 0, waitedSeconds: 0, clipsPerSecond: 0, memoryBytes: 0 },
    }))
  const left = (name: string): string[] => readdirSync(join(runs, name)).sort()
  const resumed = async (name: string): Promise<void> => {
    const there = existsSync(join(runs, name, 'last.safetensors'))
    const { code, err } = await train(name, ...(there ? ['--resume'] : []))
    expect(code, err).to.equal(0)
  }
  return {
    /** The changes that a whole run makes. */
    whole: () => killedAt(Infinity, false, async () => expect((await train('whole')).code).to.equal(0)),
    /** Ends a run at a change, and goes on with it. */
    at: async (n: number, torn: boolean): Promise<void> => {
      const name = `at-${n}${torn ? '-torn' : ''}`
      await killedAt(n, torn, () => train(name))
      bury(join(runs, name))
      await resumed(name)
      expect(bytes(runs, name, 'last.safetensors'), name).to.equal(bytes(runs, 'whole', 'last.safetensors'))
      expect(metrics(name), name).to.deep.equal(metrics('whole'))
      expect(left(name), name).to.deep.equal(left('whole'))
    },
  }
}
