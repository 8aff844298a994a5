/** Runs on videos that go on: for more epochs, and with videos that have come. */
import { expect } from 'chai'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMetrics } from '../../../lib/training/metrics'
import { loadCheckpoint } from '../../../lib/training/node'
import { bytes, cli, root, temporaryFolder } from '../command'

const classes = join(root, 'fixtures/videos/classes')
const names = ['leaves down', 'leaves left']

describe('cstransformer train --data --resume', function () {
  this.timeout(240_000)
  const folder = temporaryFolder()
  const [runs, data] = [join(folder, 'runs'), join(folder, 'data')]
  const put = (numbers: readonly string[]): void => {
    for (const name of names) {
      mkdirSync(join(data, name), { recursive: true })
      for (const n of numbers) cpSync(join(classes, name, `${n}.mp4`), join(data, name, `${n}.mp4`))
    }
  }
  const train = async (name: string, ...more: string[]): Promise<string> => {
    const sizes = '--variant digits --frames 2 --stride 4 --stb 1 --ttb 1 --dim 8 --batch 2 --every 2 --sigma 0.2'
    const given = ['train', '--data', data, ...sizes.split(' '), '--runs', runs, '--name', name, ...more]
    const { code, out, err } = await cli([...given, '--engine', 'ndarray', '--workers', '1'])
    expect(code, err).to.equal(0)
    return out
  }
  const heldOut = (name: string): string => readFileSync(join(runs, name, 'held-out.jsonl'), 'utf8')
  const losses = (name: string): number[] =>
    readMetrics(join(runs, name, 'metrics.jsonl')).flatMap(line => ('loss' in line ? [line.loss] : []))
  before(() => put(['001', '002', '003', '005']))

  it('goes on for more epochs than were asked for at first, as if they had been', async () => {
    await train('long', '--epochs', '3')
    await train('longer', '--epochs', '1')
    const { step, recipe } = loadCheckpoint(join(runs, 'longer', 'last.safetensors'))
    expect(step).to.equal(recipe.steps)
    await train('longer', '--epochs', '3', '--resume')
    expect(losses('longer')).to.deep.equal(losses('long'))
    expect(loadCheckpoint(join(runs, 'longer', 'last.safetensors')).step).to.equal(3 * step)
    expect(bytes(runs, 'longer', 'last.safetensors')).to.equal(bytes(runs, 'long', 'last.safetensors'))
    const { flags } = JSON.parse(readFileSync(join(runs, 'longer', 'config.json'), 'utf8')) as { flags: object }
    expect(flags).to.include({ epochs: 3 })
    const { code, err } = await cli(['train', '--resume', '--runs', runs, '--name', 'longer', '--epochs', '2', '--engine', 'ndarray']) // prettier-ignore
    expect({ code, err }).to.deep.equal({
      code: 1,
      err: `cstransformer: --epochs must be at least 3 to go on with ${join(runs, 'longer')}, where as many are done, got 2\n`,
    })
  })

  it('is measured with the videos that were held out, whatever videos have come', async () => {
    await train('grown', '--epochs', '1')
    const before = heldOut('grown')
    const count = before.trim().split('\n').length
    put(['006', '007', '009', '010'])
    const out = await train('grown', '--steps', '12', '--resume')
    expect(heldOut('grown')).to.equal(before)
    expect(out).to.match(new RegExp(`Held-out accuracy [\\d.]+ % on ${count} videos`))
    // A run that begins now holds others out.
    await train('new', '--steps', '1')
    expect(heldOut('new').trim().split('\n').length).to.be.above(count)
  })
})
