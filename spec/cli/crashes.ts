/** Runs of `train` that end at some change of the file system, and are started again. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Metrics, readMetrics } from '../../lib/training/metrics'
import { bytes, cli, root, small } from './command'
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

/** Kills runs when they have computed so many graphs, between parts of a step, and goes on with them. A step runs four parts and
 *  an update, a measurement three batches. */
export const goesOnBetweenParts = (runs: string, counts: readonly number[]): unknown =>
  it(`between two parts of a step goes on bit for bit: after ${counts.join(' and ')} graphs`, async function () {
    this.timeout(120_000)
    const flags = (name: string): string[] => [
      ...['train', '--runs', runs, '--name', name, ...small, '--steps', '3', '--every', '1', '--accumulate', '4'],
      ...['--optimizer', 'SGD', '--quiet'],
    ]
    expect((await cli(flags('parts'))).code).to.equal(0)
    for (const n of counts) {
      const name = `parts-${n}`
      const program = ['-r', 'ts-node/register/transpile-only', join(root, 'spec/cli/killed.ts'), `${n}`]
      const { signal, stderr } = spawnSync(process.execPath, [...program, ...flags(name)], {
        cwd: root,
        encoding: 'utf8',
      })
      expect(signal, stderr).to.equal('SIGKILL')
      expect(existsSync(join(runs, name, 'last.safetensors'))).to.equal(true)
      const { code, err } = await cli([...flags(name), '--resume'])
      expect(code, err).to.equal(0)
      expect(bytes(runs, name, 'last.safetensors'), name).to.equal(bytes(runs, 'parts', 'last.safetensors'))
    }
  })
