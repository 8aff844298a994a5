/** Runs of `train` that are killed at some change of the file system, and are started again. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readMetrics } from '../../lib/training/metrics'
import { bytes, cli, root, small } from './command'
import { bury, contentOf, statesOf } from './crash'

/** Flags of runs with a step after each of which nothing, a measurement and a checkpoint, or the end comes. */
export const digitsRun = [...small, '--steps', '4', '--every', '2']

const classes = join(root, 'fixtures/videos/classes')

/** Videos of two classes in a folder, and the flags of a run on them. */
export const videosRun = (folder: string): readonly string[] => {
  const data = join(folder, 'videos')
  for (const name of ['leaves down', 'leaves left']) {
    mkdirSync(join(data, name), { recursive: true })
    for (const file of ['001.mp4', '002.mp4']) cpSync(join(classes, name, file), join(data, name, file))
  }
  return [
    ...['--data', data, '--held-out-part', '0.5', '--workers', '1', '--engine', 'ndarray', '--variant', 'digits'],
    ...'--frames 2 --stride 4 --patch 8 --dim 4 --heads 2 --stb 1 --ttb 1 --batch 2 --every 2 --steps 3'.split(' '),
  ]
}

/** The content of a run, but for what seconds and memory it took. */
const leftOf = (folder: string) => {
  const content = contentOf(folder)
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
  // The curve shows these, too; flags that are given again are the last of config.json; a video is hashed when that is asked for.
  for (const name of ['metrics.jsonl', 'learning-curve.svg', 'config.json', 'videos.jsonl']) content.delete(name)
  const metrics = readMetrics(join(folder, 'metrics.jsonl')).map(line => ({
    ...line,
    ...{ seconds: 0, waitedSeconds: 0, clipsPerSecond: 0, memoryBytes: 0 },
  }))
  const videos = existsSync(join(folder, 'videos.jsonl')) && text('videos.jsonl').replace(/,"whole":"\w+"/g, '')
  return { ...Object.fromEntries(content), metrics, config: JSON.parse(text('config.json')) as unknown, videos }
}

/** A run that is not disturbed, and what one that was killed must come to. */
export const crashes = (folder: string, flags: readonly string[]) => {
  const run = join(folder, 'run')
  const train = async (...more: string[]): Promise<void> => {
    const { code, err } = await cli(['train', '--runs', folder, '--name', 'run', ...flags, '--quiet', ...more])
    expect(code, err).to.equal(0)
  }
  let whole: ReturnType<typeof leftOf> | undefined
  return {
    /** The states in which a kill may leave the run. */
    states: async (): Promise<readonly string[]> => {
      const states = await statesOf(run, join(folder, 'states'), train)
      whole = leftOf(run)
      return states
    },
    /** Goes on from such a state, to the run that was not disturbed. */
    goesOn: async (state: string): Promise<void> => {
      rmSync(run, { recursive: true })
      cpSync(state, run, { recursive: true })
      bury(run)
      await train(...(existsSync(join(run, 'last.safetensors')) ? ['--resume'] : []))
      const left = leftOf(run)
      expect(Object.keys(left), basename(state)).to.deep.equal(Object.keys(whole!))
      expect(left, basename(state)).to.deep.equal(whole)
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
