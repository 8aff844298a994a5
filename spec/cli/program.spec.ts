import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readMetrics } from '../../lib/training/metrics'
import { bytes, cli, small, spawned, temporaryFolder } from './command'

/** What only a program of its own can show: signals, limits of the system, exit codes. */
describe('cstransformer as a program', () => {
  const runs = temporaryFolder()
  const args = (name: string): string[] => ['train', ...small, '--steps', '60', '--runs', runs, '--name', name]
  const parameters = (name: string): string => bytes(runs, name, 'last.safetensors')

  const metrics = (name: string): object[] =>
    readMetrics(join(runs, name, 'metrics.jsonl')).map(line => ({
      ...line,
      seconds: 0,
      waitedSeconds: 0,
      clipsPerSecond: 0,
      memoryBytes: 0,
    }))

  before(async () => {
    expect((await cli([...args('whole'), '--quiet'])).code).to.equal(0)
  })

  it('stops at Ctrl-C, which a runner such as npm passes on a second time, and goes on bit for bit', async () => {
    let pressed = false
    const { code, out } = await spawned(args('stopped'), (text, child) => {
      if (pressed || !text.includes('step')) return
      pressed = true
      child.kill('SIGINT')
      child.kill('SIGINT')
    })
    expect(code).to.equal(130)
    expect(out).to.match(/\nStopped after step \d+ of 60\. To go on:\n/)
    expect((await cli([...args('stopped'), '--resume', '--quiet'])).code).to.equal(0)
    expect(parameters('stopped')).to.equal(parameters('whole'))
    expect(metrics('stopped')).to.deep.equal(metrics('whole'))
  })

  it('measures held-out clips every fifty steps, and at the end', () => {
    const measured = readMetrics(join(runs, 'whole', 'metrics.jsonl')).filter(line => line.heldOut !== undefined)
    expect(measured.map(({ step, heldOutClips }) => [step, heldOutClips])).to.deep.equal([
      [50, 256],
      [60, 80],
    ])
  })

  it('leaves the last checkpoint, and nothing half written, where no more can be written', async function () {
    if (process.platform === 'win32') return this.skip()
    // A checkpoint of this network does not fit into 8 blocks of a kilobyte.
    const { code, out, err } = await spawned([...args('full'), '--quiet'], undefined, 'ulimit -f 8')
    const file = join(runs, 'full', 'last.safetensors')
    expect({ code, out, err }).to.deep.equal({
      code: 1,
      out: '',
      err: `cstransformer: ${file}: cannot be written: file too large (EFBIG)\n`,
    })
    expect(readdirSync(join(runs, 'full'))).to.deep.equal(['config.json'])
  })
})
