import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Metrics, readMetrics } from '../../../lib/training/metrics'
import { configure, variants } from '../../../lib/paper'
import { decodeCheckpoint, digitsRecipe } from '../../../lib/training'
import { loadCheckpoint } from '../../../lib/training/node'
import { bytes, cli, type Result, small, temporaryFolder } from '../command'

const STEPS = 6
const files = ['best.safetensors', 'clips.svg', 'config.json', 'last.safetensors', 'learning-curve.svg', 'metrics.jsonl'] // prettier-ignore

describe('cstransformer train', () => {
  const runs = temporaryFolder()
  const flags = (...more: string[]): string[] => ['--runs', runs, ...small, '--steps', `${STEPS}`, ...more]
  const train = (...more: string[]): Promise<Result> => cli(['train', ...flags(...more)])
  const succeeded = ({ code, err }: Result): void => expect(code, err).to.equal(0) as unknown as void
  const parameters = (name: string): string => bytes(runs, name, 'last.safetensors')
  /** All but how long a step took, which no run can repeat. */
  const metrics = (name: string): Partial<Metrics>[] =>
    readMetrics(join(runs, name, 'metrics.jsonl')).map(line => ({
      ...line,
      ...{ seconds: 0, waitedSeconds: 0, clipsPerSecond: 0, memoryBytes: 0 },
    }))
  /** Trains until some steps are done, and is then sent a signal. */
  const stopped = (step: number, signal: NodeJS.Signals, ...more: string[]): Promise<Result> =>
    cli(['train', ...flags(...more)], text => {
      // The line of a step is written after the step: the signal is heard in the next one.
      if (text.startsWith(`step ${step - 1}/`)) process.emit(signal, signal)
    })

  let whole: Result
  before(async () => {
    whole = await train('--name', 'whole')
  })

  it('leaves its six files and says where', () => {
    succeeded(whole)
    expect(readdirSync(join(runs, 'whole')).sort()).to.deep.equal(files)
    expect(whole.out).to.match(/^CSTransformer on digits in motion\n {2}network {3}1 STB \+ 2 TTB, C' 4, 2 heads, /)
    expect(whole.out).to.match(/\nHeld-out accuracy \d+\.\d % on 80 clips of digits it has never seen\n/)
    for (const file of files) expect(whole.out).to.include(file)
  })

  it('shows a confusion table of all held-out clips', () => {
    const rows = whole.out.split('\n').filter(line => /^ {2}(leaves|arrives) \w+ +[\d·]/.test(line))
    expect(rows).to.have.length(8)
    for (const row of rows) {
      const numbers = row.replaceAll('·', '0').match(/\d+/g)!.map(Number)
      expect(numbers.slice(0, 8).reduce((a, b) => a + b)).to.equal(80 / 8)
    }
  })

  it('tells where it is, a line at a time, where there is no terminal', () => {
    const lines = whole.err.trimEnd().split('\n')
    expect(lines).to.have.length(STEPS)
    for (const line of lines)
      expect(line).to.match(/^step \d\/6 {2}loss \d\.\d\d {2}accuracy \d+ % {2}[\d,]+ clips\/s {2}0:\d\d left$/)
  })

  it('measures every step, and the end', () => {
    const lines = readMetrics(join(runs, 'whole', 'metrics.jsonl'))
    expect(lines.map(line => line.step)).to.deep.equal([1, 2, 3, 4, 5, 6, 6])
    for (const line of lines.slice(0, -1))
      expect(line).to.have.all.keys(
        ...['step', 'loss', 'accuracy', 'rate', 'seconds', 'waitedSeconds', 'clipsPerSecond', 'memoryBytes'],
      )
    expect(lines.at(-1)).to.include({ step: 6, heldOutClips: 80, final: true })
  })

  it('--attention fused: is the same run to rounding, and says in how many places', async () => {
    const losses = async (attention: string): Promise<readonly number[]> => {
      const name = `attention-${attention}`
      const made = await train('--name', name, '--engine', 'gpu', '--mode', 'webasm', '--attention', attention)
      succeeded(made)
      const says = /, attention fused in (\d of \d) places\n/.exec(made.out)?.[1]
      expect(says).to.equal(attention === 'fused' ? '3 of 3' : undefined)
      return readMetrics(join(runs, name, 'metrics.jsonl')).flatMap(line => ('loss' in line ? [line.loss] : []))
    }
    const [fused, plain] = [await losses('fused'), await losses('plain')]
    expect(fused.length).to.be.at.least(STEPS)
    fused.forEach((loss, i) => expect(loss).to.be.closeTo(plain[i]!, 1e-5))
    expect(fused).to.not.deep.equal(plain)
  })

  it('--attention: says what it may be', async () => {
    const { code, err } = await train('--attention', 'flash')
    expect(code).to.equal(1)
    expect(err).to.equal(
      "cstransformer: option '--attention <how>' argument 'flash' is invalid. Allowed choices are plain, fused.\n",
    )
  })

  it('writes down how it was made', () => {
    const config = JSON.parse(readFileSync(join(runs, 'whole', 'config.json'), 'utf8')) as Record<string, unknown>
    expect(config).to.deep.include({ name: 'whole', variant: 'digits', seed: 1, alpha: 0, engine: 'ndarray' })
    expect(config['command']).to.equal(['cstransformer', 'train', ...flags('--name', 'whole')].join(' '))
    const { config: network, recipe, seed, step } = decodeCheckpoint(Buffer.from(parameters('whole'), 'base64'), 'it')
    expect(network).to.deep.equal(
      configure({ ...variants.digits, frames: 2, patch: 8, dim: 4, heads: 2, STB: 1, TTB: 2 }),
    )
    expect(recipe).to.deep.equal({ ...digitsRecipe, steps: STEPS, batch: 4 })
    expect(config).to.deep.include({ config: network, recipe })
    expect({ seed, step }).to.deep.equal({ seed: 1, step: STEPS })
  })

  it('depends on the seed alone: the same bits for the same seed, others for another', async () => {
    succeeded(await train('--name', 'again', '--seed', '1', '--quiet'))
    succeeded(await train('--name', 'other', '--seed', '2', '--quiet'))
    expect(parameters('again')).to.equal(parameters('whole'))
    expect(metrics('again')).to.deep.equal(metrics('whole'))
    expect(parameters('other')).not.to.equal(parameters('whole'))
  })

  it('prints nothing when it is to be quiet', async () => {
    const result = await train('--name', 'quiet', '--quiet')
    expect(result).to.deep.equal({ code: 0, out: '', err: '' })
  })

  it('names a run by what sets it apart', async () => {
    const more = ['--no-cssa', '--no-fam', '--ratio-ttb', '1', '--alpha', '0.5', '--seed', '7', '--quiet']
    succeeded(await train(...more))
    const name = 'digits-frames-2-patch-8-dim-4-stb-1-no-cssa-no-fam-steps-6-batch-4-alpha-0.5-seed-7'
    expect(readdirSync(runs)).to.include(name)
  })

  it('is repeated by the config.json of a run, bit for bit, but for what the command line says', async () => {
    const config = join(runs, 'whole', 'config.json')
    const again = (...more: string[]) => cli(['train', '--config', config, '--runs', runs, '--quiet', ...more])
    succeeded(await again('--name', 'repeated'))
    expect(parameters('repeated')).to.equal(parameters('whole'))
    expect(metrics('repeated')).to.deep.equal(metrics('whole'))
    succeeded(await again('--name', 'reseeded', '--seed', '2', '--steps', '2'))
    expect(parameters('reseeded')).not.to.equal(parameters('whole'))
    expect(metrics('reseeded').map(({ step }) => step)).to.deep.equal([1, 2, 2])
  })

  it('ends when it was no better for as many measurements as --patience says', async () => {
    // At a rate of next to nothing no measurement is better than the first.
    const { code, out, err } = await train('--name', 'patient', '--rate', '1e-30', '--every', '1', '--patience', '2')
    expect(code, err).to.equal(0)
    expect(out).to.include('Ended after step 3: 2 measurements in a row were no better than the best\n')
    expect(metrics('patient').map(({ step }) => step)).to.deep.equal([1, 2, 3, 3])
    expect(loadCheckpoint(join(runs, 'patient', 'best.safetensors')).step).to.equal(1)
    expect(loadCheckpoint(join(runs, 'patient', 'last.safetensors')).step).to.equal(3)
    const bad = await train('--name', 'impatient', '--patience', '0')
    expect(bad.err).to.equal('cstransformer: patience must be a whole number of at least 1, got 0\n')
  })

  describe('a stop', () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)
      it(`${signal} ends after the step in hand, with everything saved; --resume goes on bit for bit`, async () => {
        const name = `stopped-${signal}`
        const listeners = process.listenerCount(signal)
        const { code: found, out, err } = await stopped(4, signal, '--name', name)
        expect(found).to.equal(code)
        expect(err).to.include('\nStopping after the step in hand; again to end at once.\n')
        expect(out).to.include(
          `Stopped after step 4 of 6. To go on:\n  cstransformer train --resume --name ${name} --runs ${runs} --engine ndarray\n`,
        )
        expect(metrics(name)).to.deep.equal(metrics('whole').slice(0, 4))
        expect(readdirSync(join(runs, name)).sort()).to.deep.equal(files.filter(file => !/^best|^clips/.test(file)))
        expect(process.listenerCount(signal)).to.equal(listeners)
        succeeded(await cli(['train', '--resume', '--name', name, '--runs', runs]))
        expect(parameters(name)).to.equal(parameters('whole'))
        expect(metrics(name)).to.deep.equal(metrics('whole'))
      })

    it('says how to go on, for a shell to read: with every flag that changes a bit or a measurement', async () => {
      const hard = 'it\'s $(touch pwned) `x` "y" ; é'
      const more = ['--dead-work', 'keep', '--attention', 'fused', '--every', '2', '--held-out', '40']
      succeeded(await train('--name', 'undisturbed', ...more, '--quiet'))
      const { out } = await stopped(3, 'SIGINT', '--name', hard, ...more)
      const [, line] = /To go on:\n {2}(.*)\n/.exec(out)!
      const words = execFileSync('sh', ['-c', `printf '%s\\0' ${line!}`])
        .toString()
        .split('\0')
        .slice(0, -1)
      expect(words.slice(0, 2)).to.deep.equal(['cstransformer', 'train'])
      succeeded(await cli([...words.slice(1), '--quiet']))
      expect(parameters(hard)).to.equal(parameters('undisturbed'))
      expect(metrics(hard)).to.deep.equal(metrics('undisturbed'))
      expect(existsSync('pwned')).to.equal(false)
    })

    it('may come at every step, and again after it was resumed', async () => {
      const name = 'often'
      for (const step of [2, 4, 6]) {
        const { code } = await stopped(step, 'SIGINT', '--name', name, ...(step > 2 ? ['--resume'] : []))
        expect(code).to.equal(130)
        expect(metrics(name).at(-1)).to.include({ step })
      }
      succeeded(await train('--name', name, '--resume'))
      expect(parameters(name)).to.equal(parameters('whole'))
      expect(metrics(name)).to.deep.equal(metrics('whole'))
    })
  })

  describe('--resume', () => {
    it('after a kill: steps beyond the checkpoint are done again, half a line is repaired', async () => {
      await stopped(3, 'SIGINT', '--name', 'killed')
      const lines = readFileSync(join(runs, 'whole', 'metrics.jsonl'), 'utf8').split('\n')
      appendFileSync(join(runs, 'killed', 'metrics.jsonl'), `${lines[3]!}\n${lines[4]!.slice(0, 20)}`)
      writeFileSync(join(runs, 'killed', 'last.safetensors.partial'), 'half')
      succeeded(await train('--name', 'killed', '--resume', '--quiet'))
      expect(parameters('killed')).to.equal(parameters('whole'))
      expect(metrics('killed')).to.deep.equal(metrics('whole'))
      expect(readdirSync(join(runs, 'killed')).sort()).to.deep.equal(files)
    })

    it('of a finished run measures it again, and changes nothing else', async () => {
      const before = parameters('whole')
      succeeded(await train('--name', 'whole', '--resume', '--quiet'))
      expect(parameters('whole')).to.equal(before)
      expect(metrics('whole')).to.have.length(STEPS + 1)
    })

    it('finds the run by the same flags, without its name', async () => {
      await stopped(2, 'SIGINT', '--rate', '0.01')
      succeeded(await train('--rate', '0.01', '--resume', '--quiet'))
      const name = 'digits-frames-2-patch-8-dim-4-stb-1-steps-6-batch-4-rate-0.01-seed-1'
      expect(readMetrics(join(runs, name, 'metrics.jsonl')).map(line => line.step)).to.deep.equal([1, 2, 3, 4, 5, 6, 6])
    })

    it('goes on for more steps than were asked for at first, as if they had been', async () => {
      const constant = ['--schedule', 'steps', '--optimizer', 'SGD']
      succeeded(await train('--name', 'long', ...constant, '--steps', '9', '--quiet'))
      succeeded(await train('--name', 'longer', ...constant, '--quiet'))
      succeeded(await cli(['train', '--resume', '--name', 'longer', '--runs', runs, '--steps', '9', '--quiet']))
      expect(parameters('longer')).not.to.equal(parameters('whole'))
      expect(metrics('longer').map(({ step }) => step)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 9])
      expect(metrics('longer').at(-1)).to.deep.equal(metrics('long').at(-1))
      const { recipe, flags: given } = JSON.parse(readFileSync(join(runs, 'longer', 'config.json'), 'utf8')) as {
        recipe: { steps: number }
        flags: { steps: number }
      }
      expect([recipe.steps, given.steps]).to.deep.equal([9, 9])
    })

    it('measures with as many held-out clips as the run was begun with', async () => {
      succeeded(await cli(['train', '--resume', '--name', 'whole', '--runs', runs, '--quiet']))
      expect(metrics('whole').at(-1)).to.include({ heldOutClips: 80, final: true })
    })

    it('refuses flags of another run, and leaves the files as they are', async () => {
      const folder = join(runs, 'whole')
      const before = files.map(file => bytes(folder, file))
      const conflicts: readonly (readonly [flags: string, line: string])[] = [
        ['--dim 64', `--dim must be 4 to go on with ${folder}, got 64`],
        ['--pool mean', `--pool must be class to go on with ${folder}, got mean`],
        ['--no-cssa', `--no-cssa must be left out to go on with ${folder}`],
        ['--steps 5', `--steps must be at least 6 to go on with ${folder}, where as many are done, got 5`],
        ['--epochs 9', '--epochs is of videos: --steps expected to go on with digits in motion'],
        ['--rate 0.1', `--rate must be 0.002 to go on with ${folder}, got 0.1`],
        ['--seed 2', `--seed must be 1 to go on with ${folder}, got 2`],
        ['--alpha 1', `--alpha must be 0 to go on with ${folder}, got 1`],
        ['--variant tiny', `--variant must be digits to go on with ${folder}, got tiny`],
      ]
      for (const [given, line] of conflicts) {
        const args = ['train', '--resume', '--name', 'whole', '--runs', runs, ...given.split(' ')]
        expect(await cli(args)).to.deep.equal({ code: 1, out: '', err: `cstransformer: ${line}\n` })
      }
      expect(files.map(file => bytes(folder, file))).to.deep.equal(before)
    })

    it('refuses a truncated checkpoint, and leaves it as it is', async () => {
      const folder = join(runs, 'truncated')
      cpSync(join(runs, 'whole'), folder, { recursive: true })
      const file = join(folder, 'last.safetensors')
      const half = readFileSync(file).subarray(0, 5000)
      writeFileSync(file, half)
      const { code, err } = await train('--name', 'truncated', '--resume')
      expect(code).to.equal(1)
      expect(err).to.match(/^cstransformer: [^\n]*last\.safetensors: not a whole safetensors file: [^\n]*\n$/)
      expect(readFileSync(file).equals(half)).to.equal(true)
    })

    it('refuses settings that are none', async () => {
      const folder = join(runs, 'settings')
      cpSync(join(runs, 'whole'), folder, { recursive: true })
      writeFileSync(join(folder, 'config.json'), '[]')
      const { code, err } = await train('--name', 'settings', '--resume')
      expect({ code, err }).to.deep.equal({
        code: 1,
        err: `cstransformer: ${join(folder, 'config.json')}: must be the settings of a run, got []\n`,
      })
    })
  })

  describe('a folder that another process trains in', () => {
    const lock = (name: string): string => join(runs, name, 'lock.0')

    it('is refused in one line that names the process, and left as it is', async () => {
      cpSync(join(runs, 'whole'), join(runs, 'taken'), { recursive: true })
      writeFileSync(lock('taken'), JSON.stringify({ host: hostname(), pid: process.pid }))
      const before = files.map(file => bytes(runs, 'taken', file))
      for (const more of ['--resume', '--overwrite'])
        expect(await train('--name', 'taken', more)).to.deep.equal({
          code: 1,
          out: '',
          err: `cstransformer: ${join(runs, 'taken')}: must be free to train in, got process ${process.pid} on ${hostname()} at work in it\n`,
        })
      expect(files.map(file => bytes(runs, 'taken', file))).to.deep.equal(before)
    })

    it('is taken over where that process has ended; nothing stays of its lock', async () => {
      const { pid } = spawnSync(process.execPath, ['-e', ''])
      writeFileSync(lock('taken'), JSON.stringify({ host: hostname(), pid }))
      succeeded(await train('--name', 'taken', '--resume', '--quiet'))
      expect(readdirSync(join(runs, 'taken')).sort()).to.deep.equal(files)
    })

    it('is locked as long as a run is in it', async () => {
      let inside: readonly string[] = []
      const { code } = await cli(['train', ...flags('--name', 'inside')], text => {
        if (text.startsWith('step 2/')) inside = readdirSync(join(runs, 'inside'))
      })
      expect(code).to.equal(0)
      expect(inside).to.include('lock.0')
      expect(readdirSync(join(runs, 'inside')).sort()).to.deep.equal(files)
    })
  })

  describe('a folder that holds a run', () => {
    it('is not overwritten', async () => {
      const before = files.map(file => bytes(runs, 'whole', file))
      expect(await train('--name', 'whole')).to.deep.equal({
        code: 1,
        out: '',
        err: `cstransformer: ${join(runs, 'whole')} holds a run already: --resume goes on with it, --overwrite replaces it, --name NAME starts another\n`,
      })
      expect(files.map(file => bytes(runs, 'whole', file))).to.deep.equal(before)
    })

    it('is replaced when that is asked for, and nothing else in it', async () => {
      cpSync(join(runs, 'other'), join(runs, 'replaced'), { recursive: true })
      writeFileSync(join(runs, 'replaced', 'notes.txt'), 'mine')
      succeeded(await train('--name', 'replaced', '--overwrite', '--quiet'))
      expect(parameters('replaced')).to.equal(parameters('whole'))
      expect(metrics('replaced')).to.deep.equal(metrics('whole'))
      expect(existsSync(join(runs, 'replaced', 'notes.txt'))).to.equal(true)
    })
  })
})
