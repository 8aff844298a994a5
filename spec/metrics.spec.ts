/** docs/metrics.md: its table has the fields of metrics.jsonl, and its recipes read one. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { snippets } from '../docs/generator/snippets'
import { readMetrics } from '../lib/training/metrics'
import { cli, root, small, temporaryFolder } from './cli/command'
import { describeWhere } from './laws/skips'

const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
const [pandas, board] = snippets('docs/metrics.md', page, 'python').map(({ code }) => code)

/** A Python that has one of some modules; Debian's packages are seen by its own alone. */
const pythonWith = (...modules: string[]): string | undefined =>
  ['python3', '/usr/bin/python3', process.env['PYTHON'] ?? ''].find(
    python => python !== '' && modules.some(name => spawnSync(python, ['-c', `import ${name}`]).status === 0),
  )
const run = (python: string | undefined, code: string | undefined, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(python!, ['-c', code!, ...args], { encoding: 'utf8' })
  expect(status, stderr).to.equal(0)
  return stdout
}

describe('docs/metrics.md', function () {
  this.timeout(120_000)
  const folder = temporaryFolder()
  const file = join(folder, 'run', 'metrics.jsonl')
  before(async () => {
    const { code, err } = await cli(['train', '--runs', folder, '--name', 'run', ...small, '--steps', '5', '--every', '2', '--quiet']) // prettier-ignore
    expect(code, err).to.equal(0)
  })

  it('tells every field of metrics.jsonl, and no other', () => {
    const told = [...page.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name!)
    const there = new Set(readMetrics(file).flatMap(line => Object.keys(line)))
    expect([...there].sort()).to.deep.equal([...told].sort())
  })

  it('has recipes of ten lines at most', () => {
    for (const code of [pandas, board])
      expect(code!.split('\n').filter(line => line.trim() !== '').length).to.be.within(5, 10)
  })

  const withPandas = pythonWith('pandas')
  describeWhere(withPandas === undefined ? 'no python3 with pandas here' : undefined)('pandas', () => {
    it('reads it', () => {
      const measured = readMetrics(file).filter(line => line.heldOut !== undefined)
      const best = Math.max(...[2, 4, 5].map(step => measured.filter(line => line.step === step).at(-1)!.heldOut!))
      const out = run(withPandas, pandas, file)
      expect(out).to.match(/^ +loss +accuracy +rate\ncount +5\.0/)
      expect(out).to.match(/\ndecoding \d+% of the time\n/)
      expect(Number(/\nbest ([\d.]+) at step \d/.exec(out)![1])).to.be.closeTo(best, 1e-9)
    })
  })

  const withBoard = pythonWith('torch.utils.tensorboard', 'tensorboardX')
  describeWhere(withBoard === undefined ? 'no python3 with TensorBoard or tensorboardX here' : undefined)(
    'TensorBoard',
    () => {
      it('reads it', () => {
        const to = join(folder, 'board')
        run(withBoard, board, file, to)
        const [events] = readdirSync(to)
        expect(events).to.match(/^events\.out\.tfevents\./)
        const bytes = readFileSync(join(to, events!)).toString('latin1')
        for (const name of ['loss', 'accuracy', 'rate', 'seconds', 'waitedSeconds', 'clipsPerSecond', 'memoryBytes'])
          expect(bytes.split(name).length - 1, name).to.be.at.least(5)
        expect(bytes).to.include('heldOut')
      })
    },
  )
})
