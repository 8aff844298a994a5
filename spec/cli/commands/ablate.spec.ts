import { expect } from 'chai'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cli, spawned, temporaryFolder } from '../command'

/** As little as shows everything: the graphs are compiled, a few steps are done. */
const short = '--quick --steps 2 --held-out 40 --engine onnx'.split(' ')

const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')
const runsIn = (folder: string): string[] => readdirSync(folder).filter(name => name.includes('seed'))

describe('cstransformer ablate', function () {
  this.timeout(120_000) // processes that train beside each other, and beside other tests
  const base = temporaryFolder()
  const folder = join(base, 'ablations')
  const args = ['ablate', '--only', '2b', ...short, '--folder', folder]

  it('trains every row from every seed, and writes a page with a picture', async () => {
    const { code, out, err } = await cli(args)
    expect(err).to.match(/^0\/6 runs\n1\/6 runs {2}\d+:\d\d left\n/)
    const [first, ...rest] = out.trimEnd().split('\n')
    expect(first).to.equal(`6 runs in ${folder}, by ONNX Runtime on 1 thread`)
    expect(rest.at(-1)).to.equal(`Report: ${join(folder, 'README.md')}`)
    expect(out).to.match(
      /\nTable 2b: CSSA and FAM\n +accuracy after 2 steps, 2 seeds\n {2}baseline +\d+\.\d ± \d+\.\d %\n/,
    )
    expect(code).to.equal(0)
    const page = read(folder, 'README.md')
    expect(page).to.include(`Command: \`cstransformer ${args.join(' ')}\``)
    expect(page).to.match(/^\| \+ CSSA \+ FAM \| \d+\.\d ± \d+\.\d % \| .* \| 40,109 \| 2.36 M \|$/m)
    expect(page).to.match(/; 2 steps of 32 clips/)
    expect(page).to.include('![Table 2b: CSSA and FAM](2b.svg)')
    expect(read(folder, '2b.svg')).to.match(/^<svg .*<\/svg>\n$/)
    for (const run of runsIn(folder)) expect(readdirSync(join(folder, run))).to.deep.equal(['result.json'])
  })

  it('does what is half-written again and says so, skips the rest, and comes to the same page', async () => {
    const page = read(folder, 'README.md')
    const [first, second, third] = runsIn(folder).map(run => join(folder, run)) as [string, string, string]
    const results = [first, second].map(run => read(run, 'result.json'))
    writeFileSync(join(first, 'result.json'), results[0]!.slice(0, 100))
    writeFileSync(join(second, 'result.json'), read(third, 'result.json'))
    const { code, out, err } = await cli(args)
    expect(code).to.equal(0)
    expect(out).to.match(/^6 runs /)
    expect(err.split('\n').filter(line => line.includes('half-written'))).to.have.members([
      `${first}: half-written (must be the result of a run, got 100 bytes of other text): doing it again`,
      `${second}: half-written (must be the result of this run, got that of another): doing it again`,
    ])
    const without = (text: string): unknown => ({ ...(JSON.parse(text) as object), seconds: 0 })
    ;[first, second].forEach((run, i) => expect(without(read(run, 'result.json'))).to.deep.equal(without(results[i]!)))
    expect(read(folder, 'README.md')).to.equal(page)
  })

  it('stops at Ctrl-C with code 130, leaves nothing half-written, and goes on', async () => {
    const stopped = join(base, 'stopped')
    const long = ['ablate', '--only', '1d', '--seeds', '1', '--steps', '5000', '--engine', 'onnx', '--folder', stopped]
    const { code, out } = await spawned(long, (_, child) => child.kill('SIGINT'))
    expect(code).to.equal(130)
    expect(out).to.match(/Stopped with 0 of 3 runs done\. The same command goes on\.\n$/)
    expect(readdirSync(stopped)).to.deep.equal([])
  })

  it('compares the four systems at one size, each with and without CSSA and FAM', async () => {
    const small = join(base, 'systems')
    const systems = ['ablate', '--systems', '--only', 'motion-table-3', '--seeds', '1', '--steps', '2', '--held-out', '40', '--engine', 'onnx', '--folder', small] // prettier-ignore
    const { code, out, err } = await cli(systems)
    expect(code, err).to.equal(0)
    expect(out).to.match(/^4 runs /)
    const page = read(small, 'README.md')
    expect(page).to.match(/^# Table 3 in small: the systems on digits in motion\n/)
    expect(page).to.include('## CSTransformer and the systems that it is compared with')
    expect(page).to.match(/^\| TimeSformer \| .* \| 37,672 \| 2\.49 M \|$/m)
    expect(page).to.match(/^\| Digits in motion, Table 3: over VTN \|/m)
    expect(runsIn(small).map(name => name.split('-')[0])).to.have.members(['2+2', 'timesformer', 'vivit', 'vtn'])
    expect((await cli([...systems, '--heads', '1'])).err).to.equal('cstransformer: --heads 1 must be left out with --systems, which are of one size\n') // prettier-ignore
  })

  it('leaves no lock where none can be written, so that another try is not kept waiting', async function () {
    if (process.platform === 'win32') return this.skip()
    const full = join(base, 'full')
    const args = ['ablate', '--only', '1b', '--seeds', '1', ...short, '--quiet', '--folder', full]
    const { code, err } = await spawned(args, undefined, 'ulimit -f 0')
    expect(code).to.equal(1)
    expect(err).to.match(/^cstransformer: \S+lock\.0: cannot be written: file too large \(EFBIG\)\n$/)
    for (const run of runsIn(full)) expect(readdirSync(join(full, run))).to.deep.equal([])
  })

  it('compares the network as it stands with the one that flags make, in pairs', async () => {
    const own = join(base, 'own')
    const { code } = await cli([
      'ablate',
      '--pool',
      'mean',
      '--alpha',
      '0.5',
      '--seeds',
      '1',
      ...short,
      '--folder',
      own,
    ])
    expect(code).to.equal(0)
    const page = read(own, 'README.md')
    expect(page).to.match(/^\| as it stands \|/m)
    expect(page).to.match(/^\| --pool mean --alpha 0.5: the change \| [+−]\d+\.\d \| −∞ to \+∞ \| 1\.000 \| 1\.000 \|/m)
    expect(existsSync(join(own, 'own.svg'))).to.equal(true)
  })

  const file = join(base, 'a-file')
  const long = join(base, 'z'.repeat(256))
  for (const [given, text] of [
    [
      ['--only', '2b,3c'],
      "--only must be some of 2b, 1b, 1c, 1d, 1a, open, tables, short, few, hard, deep, alpha, few-again, hard-again or deep-again, got '3c'",
    ],
    [['--seeds', '21'], '--seeds must be at most 20, got 21'],
    [['--seeds', '0'], "--seeds must be a whole number of at least 1, got '0'"],
    [['--only', '2b', '--no-fam'], '--only chooses tables of the paper, but --no-fam makes a comparison of its own'],
    [['--variant', 'tiny'], "--variant must be digits, whose sizes the flags change, got 'tiny'"],
    [['--frames', '1'], 'frames must be at least 2 for digits in motion, got 1'],
    [['--threads', 'x'], "--threads must be a whole number from 1 to 512, got 'x'"],
    [['--folder', file], `${file}: cannot be made: file already exists (EEXIST)`],
    [['--report', long], `${long}: cannot be made: name too long (ENAMETOOLONG)`],
  ] as const)
    it(`refuses ${given.map(word => word.replace(base, '').slice(0, 40)).join(' ')}`, async () => {
      mkdirSync(base, { recursive: true })
      writeFileSync(file, '')
      const { code, err } = await cli(['ablate', ...short, ...given])
      expect(err).to.equal(`cstransformer: ${text}\n`)
      expect(code).to.equal(1)
    })
})
