/** Fine-tuning with a frozen spatial stage: features of clips are made once. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Engine, ndarrayEngine, onnxEngine } from '../../../lib/engines'
import { readMetrics } from '../../../lib/training/metrics'
import { initialNetwork, logitsBy } from '../../../lib/systems'
import { startState, train, videoBatches, viewsOf } from '../../../lib/training'
import { loadCheckpoint, loadSafetensors } from '../../../lib/training/node'
import { stateEntries } from '../../../lib/training/step'
import { openClipReader, openDataset } from '../../../lib/video/node'
import { expectClose } from '../../laws/values'
import { bytes, cli, fastestEngine, root, temporaryFolder } from '../command'

const classes = join(root, 'fixtures/videos/classes')
const names = ['leaves down', 'leaves left']

describe('cstransformer train --data --freeze', function () {
  this.timeout(240_000)
  const folder = temporaryFolder()
  const [runs, data, validation] = ['runs', 'data', 'validation'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  let engine = 'ndarray'
  before(async () => {
    engine = await fastestEngine()
    for (const [to, numbers] of [
      [data, ['001', '002', '003']],
      [validation, ['005']],
    ] as const)
      // prettier-ignore
      for (const name of names) {
        mkdirSync(join(to, name), { recursive: true })
        for (const number of numbers) cpSync(join(classes, name, `${number}.mp4`), join(to, name, `${number}.mp4`))
      }
  })
  const flags = (): string[] => [
    ...['train', '--data', data, '--validation', validation, '--runs', runs, '--engine', engine, '--workers', '1'],
    ...'--variant digits --frames 2 --stride 4 --stb 1 --ttb 1 --dim 8 --batch 2 --every 3 --sigma 0.2'.split(' '),
  ]
  const run = (name: string, ...more: string[]) =>
    cli([...flags(), ...['--name', name, '--freeze', 'spatial', '--steps', '9'], ...more])
  const kept = (name: string): string[] => {
    const path = join(runs, name, 'features')
    return existsSync(path) ? readdirSync(path).sort() : []
  }
  const parameters = (name: string): string => bytes(runs, name, 'last.safetensors')
  const losses = (name: string): number[] =>
    readMetrics(join(runs, name, 'metrics.jsonl')).flatMap(line => ('loss' in line ? [line.loss] : []))

  it('keeps the features of every video, and says of how many numbers', async () => {
    const { code, out, err } = await run('kept')
    expect(code, err).to.equal(0)
    expect(out).to.match(/^ {2}frozen +spatial: [\d,]+ parameters in 21 tensors$/m)
    expect(out).to.include(
      `features  16 numbers a clip, of each video's middle; in ${join(runs, 'kept', 'features')}, up to 10 GB\n`,
    )
    expect(kept('kept')).to.have.lengthOf(8)
    expect(out).to.match(/Held-out accuracy [\d.]+ % on 2 videos/)
  })

  // ONNX Runtime joins other nodes of the whole graph than of its parts.
  for (const [name, tolerance, how, open] of [
    ['ndarray', 0, 'bit for bit', async () => ndarrayEngine as Engine],
    ['onnx', 1e-6, 'to rounding', async () => (await onnxEngine()) as Engine],
  ] as const)
    it(`trains what the library trains of whole clips, ${how}, on ${name}`, async () => {
      const reference = await open()
      const { code, err } = await run(`whole-${name}`, '--engine', name, '--steps', '4')
      expect(code, err).to.equal(0)
      const last = loadCheckpoint(join(runs, `whole-${name}`, 'last.safetensors'))
      const { config, recipe, seed, clips } = last
      const reader = openClipReader({ workers: 0 })
      const { batch, end } = videoBatches({
        ...{ reader, videos: openDataset(data).videos, batch: 2, seed },
        clipOf: video => viewsOf(video, config, clips!, { clips: 1, crops: 1 })[0]!,
      })
      const state = startState(recipe, initialNetwork(config, seed, { sigma: recipe.sigma }))
      const found: number[] = []
      for await (const progress of train({
        engine: reference,
        config,
        logits: logitsBy(config),
        recipe,
        seed,
        state,
        batch,
      })) {
        found.push(progress.loss)
        if (progress.step < 4) continue
        const expected = new Map(stateEntries(await progress.state()))
        for (const [path, x] of stateEntries(last.state)) expectClose(x, expected.get(path)!, tolerance, path)
      }
      await end()
      await reader.close()
      await reference.close()
      losses(`whole-${name}`).forEach((loss, i) => expect(loss).to.be.closeTo(found[i]!, tolerance))
    })

  it('keeps as many augmented views of each video as it is told to', async () => {
    const { code, out, err } = await run('views', '--augment-views', '2')
    expect(code, err).to.equal(0)
    expect(out).to.include('16 numbers a clip, of 2 augmented views;')
    expect(kept('views')).to.have.lengthOf(2 * 6 + 2)
  })

  it('makes again what is damaged, and ends where it would have', async () => {
    const path = join(runs, 'kept', 'features')
    for (const [i, name] of kept('kept').entries())
      if (i % 2 === 0)
        writeFileSync(
          join(path, name),
          readFileSync(join(path, name)).map((b, k, all) => (k < all.length - 4 ? b : 7)),
        )
    const before = parameters('kept')
    const { code, err } = await run('kept', '--overwrite')
    expect(code, err).to.equal(0)
    expect(parameters('kept')).to.equal(before)
  })

  it('goes on without a folder that cannot be written, and says so in a line', async () => {
    mkdirSync(join(runs, 'blocked'))
    writeFileSync(join(runs, 'blocked', 'features'), 'a file in its place')
    const { code, err } = await run('blocked')
    expect(code, err).to.equal(0)
    expect(err.split('\n').filter(line => line.includes('features'))).to.have.lengthOf(1)
    expect(err).to.match(/features: cannot be \w+: .*; clips whose features are not kept are computed in each epoch\n/)
    expect(parameters('blocked')).to.equal(parameters('kept'))
  })

  it('goes on where the disk of the features is full, says so in a line, and leaves nothing half written', async function () {
    const path = join(runs, 'full', 'features')
    mkdirSync(path, { recursive: true })
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', path]).status === 0
    if (!mounted) return this.skip() // A small disk is mounted by root alone.
    try {
      const { code, err } = await run('full')
      expect(code, err).to.equal(0)
      expect(err).to.match(/features\S*: cannot be written: no space left on device \(ENOSPC\); clips whose features are not kept are computed in each epoch\n/) // prettier-ignore
      expect(err.split('\n').filter(line => line.includes('ENOSPC'))).to.have.lengthOf(1)
      expect(parameters('full')).to.equal(parameters('kept'))
      expect(kept('full').filter(name => !name.endsWith('.safetensors'))).to.deep.equal([])
      // Those that are there are whole: a run that goes on reads them.
      for (const name of kept('full')) expect(loadSafetensors(join(path, name)).tensors.has('features')).to.equal(true)
    } finally {
      spawnSync('umount', [path])
    }
  })

  it('keeps the bits that are computed each time where none are kept', async () => {
    const { code, out, err } = await run('uncut', '--cache', '0')
    expect(code, err).to.equal(0)
    expect(out).to.include('features')
    expect(kept('uncut')).to.deep.equal([])
    expect(losses('uncut')).to.deep.equal(losses('kept'))
    expect(parameters('uncut')).to.equal(parameters('kept'))
  })

  it('is counted beforehand: what features will take on the disk', async () => {
    const dry = async (...more: string[]) => {
      const { out, err } = await cli([...flags(), '--freeze', 'spatial', '--dry-run', '--json', ...more])
      expect(err).to.equal('')
      return JSON.parse(out) as { featureBytes: number; diskBytes: number }
    }
    const taken = kept('kept').reduce((sum, name) => sum + statSync(join(runs, 'kept', 'features', name)).size, 0)
    const { featureBytes, diskBytes } = await dry()
    expect(featureBytes).to.be.within(taken, taken + 8 * 2048)
    expect(diskBytes).to.be.above(featureBytes)
    expect((await dry('--augment-views', '3')).featureBytes).to.equal((featureBytes / 8) * (3 * 6 + 2))
    expect((await dry('--cache', '3kB')).featureBytes).to.equal(3000)
    const { out } = await cli([...flags(), '--freeze', 'spatial', '--dry-run'])
    expect(out).to.match(/On the disk: [\d.]+ .?B, of which features of clips [\d.]+ kB\.\n$/)
  })

  it('keeps no features of another seed’s weights, nor of a run that keeps none', async () => {
    const before = kept('kept')
    expect((await run('kept', '--overwrite', '--seed', '2')).code).to.equal(0)
    expect(kept('kept').filter(name => before.includes(name))).to.deep.equal([])
    const { code, err } = await cli([...flags(), '--name', 'kept', '--overwrite', '--steps', '1', '--freeze', 'STB'])
    expect(code, err).to.equal(0)
    expect(existsSync(join(runs, 'kept', 'features'))).to.equal(false)
  })

  describe('says in a line what cannot be', () => {
    for (const [more, expected] of [
      [['--freeze', 'STP'], /^freeze must name parameters .* got 'STP', which names none/],
      [['--freeze', '*'], /^freeze must leave something to train, got \*, which names all \d+ tensors$/],
      [['--freeze', 'STB', '--augment-views', '2'], /^--augment-views is of features that are kept: /],
      [
        ['--freeze', 'spatial', '--mixup', '0.2'],
        /^mixup must be left out where features of clips are kept, .*, got 0.2$/,
      ],
      [['--freeze', 'spatial', '--cache', '12'], /^--cache must be a size as 500MB or 10GB, or 0, got '12'$/],
      [['--freeze', 'spatial', '--cache', '-1GB'], /^--cache must be a size as 500MB or 10GB, or 0, got '-1GB'$/],
      [
        ['--freeze', 'spatial', '--augment-views', '0'],
        /^--augment-views must be a whole number of at least 1, got '0'$/,
      ],
    ] as const)
      it(more.join(' '), async () => {
        const { code, err } = await cli([...flags(), '--name', 'bad', ...more])
        expect(code).to.equal(1)
        expect(err).to.match(/^cstransformer: [^\n]*\n$/)
        expect(err.slice('cstransformer: '.length).trim()).to.match(expected)
        expect(existsSync(join(runs, 'bad'))).to.equal(false)
      })
  })
})
