import { expect } from 'chai'
import { decodeApng } from 'fast-png'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMetrics } from '../../../lib/training/metrics'
import { attentionMaps, together, viewsOf } from '../../../lib/training'
import { loadCheckpoint, saveCheckpoint } from '../../../lib/training/node'
import { flat } from '../../../lib/tensor'
import { readClip } from '../../../lib/video'
import { decodePng } from '../../../lib/video/png'
import { slowGif } from '../../../fixtures/videos/slow'
import { cli, fastestEngine, type Result, root, spawned, temporaryFolder } from '../command'

const classes = join(root, 'fixtures/videos/classes')
const names = ['leaves down', 'leaves left', 'leaves right', 'leaves up']
const succeeded = ({ code, err }: Result): void => expect(code, err).to.equal(0) as unknown as void

/** What is trained here: digits' network, for which 4 frames of 16 × 16 pixels are enough. */
const settings = {
  ...{ variant: 'digits', frames: 4, stride: 4, optimizer: 'AdamW', schedule: 'cosine', warmup: 10, rate: 0.004 },
  ...{ clip: 1, sigma: 0.1, batch: 16, steps: 130, every: 65 },
}

describe('A folder of videos, from training to pictures', function () {
  this.timeout(180_000)
  const folder = temporaryFolder()
  const [runs, data, config] = [join(folder, 'runs'), join(folder, 'data'), join(folder, 'config.json')]
  const [last, best] = ['last', 'best'].map(name => join(runs, 'ours', `${name}.safetensors`)) as [string, string]
  const video = join(classes, names[1]!, '005.mp4')
  const broken = join(data, names[0]!, 'broken.mp4')
  let engine = 'ndarray'
  let trained: Result
  before(async () => {
    engine = await fastestEngine()
    cpSync(classes, data, { recursive: true })
    const whole = readFileSync(join(data, names[0]!, '001.mp4'))
    writeFileSync(broken, whole.subarray(0, whole.length / 2))
    writeFileSync(join(data, names[0]!, 'notes.txt'), 'not a video')
    writeFileSync(config, JSON.stringify({ ...settings, data, runs, engine }))
    trained = await cli(['train', '--config', config, '--name', 'ours'])
  })

  it('trains to 90 % or more of the videos that are held out, and names those that cannot be read', () => {
    succeeded(trained)
    const [, accuracy, count] = /Held-out accuracy ([\d.]+) % on (\d+) videos it has never seen/.exec(trained.out) ?? []
    expect(Number(count)).to.be.within(23, 25)
    expect(Number(accuracy)).to.be.at.least(90)
    expect(trained.out).to.include('1 video is left out, named with the reason in left-out.txt')
    const left = readFileSync(join(runs, 'ours', 'left-out.txt'), 'utf8').split('\n')
    expect(left[0]).to.equal('1 of 121 videos left out:')
    expect(left.slice(1).sort().join('\n')).to.include(`${broken}: must be a whole video of`)
  })

  it('leaves the last checkpoint and the best, which know their classes and clips', () => {
    expect(readdirSync(join(runs, 'ours')).sort()).to.deep.equal(
      ['best.safetensors', 'config.json', 'confusion.svg', 'held-out.jsonl', 'last.safetensors', 'learning-curve.svg', 'left-out.txt', 'metrics.jsonl', 'videos.jsonl'], // prettier-ignore
    )
    for (const file of [last, best])
      expect(loadCheckpoint(file).clips).to.deep.equal({
        ...{ classes: names, stride: 4, shortSide: 18, mean: 0.5, deviation: 0.5 },
      })
    expect(loadCheckpoint(last).step).to.equal(settings.steps)
    const measured = readMetrics(join(runs, 'ours', 'metrics.jsonl')).filter(m => m.heldOut !== undefined)
    expect(measured.map(({ step }) => step)).to.deep.equal([65, 130])
  })

  for (const [given, expected] of [
    ['--stride 8', '4'],
    ['--short-side 20', '18'],
    ['--jitter 20,24', '18,23'],
    ['--mean 0.4', '0.5'],
    ['--split test', 'left out'],
  ] as const)
    it(`goes on with the run's own clips alone: ${given} is another's`, async () => {
      const [flag, value] = given.split(' ')
      const { code, err } = await cli(['train', '--resume', '--name', 'ours', '--runs', runs, ...given.split(' ')])
      expect(err).to.equal(
        `cstransformer: ${flag} must be ${expected} to go on with ${join(runs, 'ours')}, got ${value}\n`,
      )
      expect(code).to.equal(1)
    })

  it('is evaluated with 4x3 views', async () => {
    const confusion = join(folder, '4x3.svg')
    const args = ['evaluate', '--data', classes, '--checkpoint', best, '--engine', engine, '--views', '4x3']
    const result = await cli([...args, '--confusion', confusion, '--json', '--quiet'])
    succeeded(result)
    expect(result.err).to.equal('')
    const found = JSON.parse(result.out) as Record<string, unknown> & { confusion: number[][] }
    expect(found).to.deep.include({ views: '4x3', videos: 120, top5: 1, classes: names, leftOut: [] })
    expect(found['top1']).to.be.at.least(0.9)
    expect(found['meanClass']).to.be.closeTo(found['top1'] as number, 1e-9) // as many videos in every class
    expect(found.confusion.flat().reduce((a, b) => a + b)).to.equal(120)
    expect(readFileSync(confusion, 'utf8')).to.match(/^<svg .*leaves left.*<\/svg>\n$/)
  })

  it('is evaluated on what it has never seen: with the accuracy that its training told, and a word where it may have', async () => {
    const of = (data: string, checkpoint: string): string[] => ['evaluate', '--data', data, '--checkpoint', checkpoint, '--engine', engine, '--views', '1x3', '--confusion', join(folder, 'held.svg')] // prettier-ignore
    const measured = readMetrics(join(runs, 'ours', 'metrics.jsonl')).at(-1)!
    const held = await cli([...of(data, last), '--held-out', '--json', '--quiet'])
    succeeded(held)
    const count = readFileSync(join(runs, 'ours', 'held-out.jsonl'), 'utf8')
      .trimEnd()
      .split('\n').length
    const { videos, top1 } = JSON.parse(held.out) as { readonly videos: number; readonly top1: number }
    expect(videos).to.be.within(count - 1, count) // one of all cannot be read
    expect([videos, top1]).to.deep.equal([measured.heldOutClips, measured.heldOut])

    const mixed = await cli(of(data, last))
    expect(mixed.err).to.include(
      `${121 - count} of 121 videos may be those it was trained on: --held-out measures with the ${count} that its run held out\n`,
    )
    const other = await cli(of(classes, last))
    expect(other.err).not.to.include('trained on')
    for (const [args, text] of [
      [of(classes, last), `--held-out needs videos that the run of ${last} held out, got none of 120`],
      [of(data, config), `${config}: `],
    ] as const) {
      const { code, err } = await cli([...args, '--held-out'])
      expect(err)
        .to.match(/^cstransformer: [^\n]*\n$/)
        .and.include(text)
      expect(code).to.equal(1)
    }
    const lone = join(folder, 'lone.safetensors')
    cpSync(last, lone)
    const { err } = await cli([...of(data, lone), '--held-out'])
    expect(err).to.equal(
      `cstransformer: --held-out needs held-out.jsonl beside ${lone}, as train leaves it on videos\n`,
    )
  })

  it('is evaluated for nothing in no case: its figures are there where the picture cannot be written', async function () {
    if (process.platform === 'win32') return this.skip()
    const confusion = join(folder, 'none.svg')
    const args = ['evaluate', '--data', classes, '--checkpoint', best, '--views', '1x1', '--confusion', confusion]
    const { code, out, err } = await spawned([...args, '--engine', engine, '--quiet'], undefined, 'ulimit -f 0')
    expect(code).to.equal(1)
    expect(out).to.match(/^top-1 +\d+\.\d % of 120 videos, 1×1 views\n/)
    expect(err).to.equal(`cstransformer: ${confusion}: cannot be written: file too large (EFBIG)\n`)
  })

  it('is predicted, for people and for programs', async () => {
    const args = ['predict', video, '--checkpoint', best, '--engine', engine]
    const people = await cli([...args, '--top', '2'])
    succeeded(people)
    expect(people.out).to.match(/^ *\d+\.\d % {2}leaves left\n *\d+\.\d % {2}leaves \w+\n$/)
    const { scores } = JSON.parse((await cli([...args, '--json'])).out) as {
      scores: { class: string; score: number }[]
    }
    expect(scores).to.have.lengthOf(4)
    expect(scores[0]!.class).to.equal('leaves left')
    expect(scores.reduce((sum, { score }) => sum + score, 0)).to.be.closeTo(1, 1e-6)
  })

  it('is trained on one split of a table, and measured with another', async () => {
    const table = join(folder, 'kinetics.csv')
    mkdirSync(join(folder, 'kinetics'))
    const rows = names.flatMap((name, label) =>
      ['001', '002', '003'].map((clip, i) => {
        const id = `${label}${clip}`
        cpSync(join(classes, name, `${clip}.mp4`), join(folder, 'kinetics', `${id}_000000_000010.mp4`))
        return `${name},${id},0,10,${i < 2 ? 'train' : 'validate'}`
      }),
    )
    writeFileSync(table, ['label,youtube_id,time_start,time_end,split', ...rows, ''].join('\n'))
    const flags = [
      '--data',
      table,
      '--variant',
      'digits',
      '--steps',
      '1',
      '--batch',
      '2',
      '--engine',
      engine,
      '--quiet',
    ]
    const args = ['train', ...flags, '--runs', runs, '--name', 'split', '--split', 'train']
    const { code, err } = await cli([...args, '--validation-split', 'validate'])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    const kept = JSON.parse(readFileSync(join(runs, 'split', 'config.json'), 'utf8')) as { videos: object }
    expect(kept.videos).to.include({ split: 'train', validationSplit: 'validate' })
    expect(readMetrics(join(runs, 'split', 'metrics.jsonl')).at(-1)!.heldOutClips).to.equal(4)
    const checkpoint = join(runs, 'split', 'last.safetensors')
    const evaluate = ['evaluate', '--data', table, '--checkpoint', checkpoint, '--views', '1x1', '--engine', engine]
    const found = await cli([
      ...evaluate,
      '--split',
      'train',
      '--json',
      '--quiet',
      '--confusion',
      join(folder, 's.svg'),
    ])
    succeeded(found)
    expect(JSON.parse(found.out)).to.include({ videos: 8 })
  })

  it('shows where the network looks', async () => {
    const out = join(folder, 'map.png')
    const args = ['attention', video, '--checkpoint', best, '--baseline', last, '--engine', engine]
    const found = await cli([...args, '--out', out])
    succeeded(found)
    expect(found.out).to.match(/^baseline: \w+ \w+, \d+\.\d %\nours: \w+ \w+, \d+\.\d %\n/)
    const { width, height, data: one } = decodePng(readFileSync(out))
    // The 43 of the video's 48 pixels that the network sees, three times as large: a row each for clip, baseline, ours and the
    // difference, with room for words on the left, above and below.
    const [frame, words] = [3 * 43, 230]
    expect([width, height]).to.deep.equal([24 + words + 4 * (frame + 6) - 6, 24 + 20 + 4 * (frame + 6) + 6 + 2 * 24])
    const { frames, width: w, height: h } = decodeApng(readFileSync(join(folder, 'map-animated.png')))
    expect([frames.length, h]).to.deep.equal([4, height])
    expect(w).to.be.below(width)
    succeeded(await cli([...args, '--out', out, '--rollout', '--animation', join(folder, 'other.png')]))
    expect(decodePng(readFileSync(out)).data).not.to.deep.equal(one)
  })

  it('and it looks at the digit more than a map would that looks everywhere', async () => {
    const { config: network, state, clips } = loadCheckpoint(best)
    const parts: number[] = []
    for (const name of names)
      for (const n of ['001', '002', '003']) {
        const [request] = viewsOf(join(classes, name, `${n}.mp4`), network, clips!, { clips: 1, crops: 1 })
        const X = together([await readClip(request!)])
        const maps = Array.from(flat(attentionMaps(network, state.parameters, X, 'rollout')))
        const x = flat(X)
        const sum = maps.reduce((a, b) => a + b, 0)
        // Ink is far brighter than the texture: a patch is the digit's where a pixel of it is.
        const inked = maps.map((_, i) => {
          const [t, p] = [Math.floor(i / 16), i % 16]
          const pixels = Array.from({ length: 16 }, (_, k) => x[t * 256 + (4 * (p >> 2) + (k >> 2)) * 16 + 4 * (p & 3) + (k & 3)]!) // prettier-ignore
          return pixels.some(v => v > 0.2)
        })
        const mass = maps.reduce((all, v, i) => all + (inked[i] ? v : 0), 0) / sum
        parts.push(mass / (inked.filter(Boolean).length / inked.length))
      }
    expect(parts.reduce((a, b) => a + b) / parts.length).to.be.greaterThan(1.3)
  })

  it('stops when it is asked to, saves, and goes on bit for bit', async () => {
    const short = JSON.stringify({ ...settings, data, runs, engine: 'ndarray', dim: 4, batch: 2, steps: 6, every: 3 })
    writeFileSync(config, short)
    succeeded(await cli(['train', '--config', config, '--name', 'whole', '--quiet']))
    const { code, out } = await cli(['train', '--config', config, '--name', 'stopped'], text => {
      if (text.startsWith('step 3/')) process.emit('SIGINT', 'SIGINT')
    })
    expect(code).to.equal(130)
    expect(out).to.match(
      /Stopped after step [34] of 6\. To go on:\n {2}cstransformer train --resume --name stopped --runs /,
    )
    succeeded(await cli(['train', '--resume', '--name', 'stopped', '--runs', runs, '--quiet']))
    const parameters = (name: string): Buffer => readFileSync(join(runs, name, 'last.safetensors'))
    expect(parameters('stopped').equals(parameters('whole'))).to.equal(true)
  })

  describe('and of bad input it says in a line', () => {
    const write = (path: string, text: string | Uint8Array): string => {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), text)
      return join(folder, path)
    }
    const says = async (args: readonly string[], line: string): Promise<void> => {
      const before = readdirSync(folder, { recursive: true })
      const { code, out, err } = await cli(args)
      expect({ code, out, err }).to.deep.equal({ code: 1, out: '', err: `cstransformer: ${line}\n` })
      expect(readdirSync(folder, { recursive: true })).to.deep.equal(before)
    }
    const attention = (path: string, ...more: string[]): string[] => ['attention', path, '--checkpoint', best, '--engine', engine, '--out', join(folder, 'no.png'), ...more] // prettier-ignore
    const evaluate = (path: string): string[] => ['evaluate', '--data', path, '--checkpoint', best, '--engine', engine, '--confusion', join(folder, 'no.svg')] // prettier-ignore
    const train = (...more: string[]): string[] => ['train', '--runs', join(folder, 'none'), ...more]

    it('what is no video, empty, truncated, without video track or frames, or of a wrong name', async () => {
      const whole = readFileSync(video)
      const frameless = Buffer.from(whole)
      for (const table of ['stts', 'stsc', 'stco', 'stss', 'ctts']) {
        const at = frameless.indexOf(table)
        if (at > 0) frameless.writeUInt32BE(0, at + 8)
      }
      frameless.writeUInt32BE(0, frameless.indexOf('stsz') + 12)
      const cases: readonly (readonly [path: string, reason: string])[] = [
        [
          write('bad/text.mp4', 'This is not a video.'),
          'must be a video, got bytes of another kind (Invalid data found when processing input)',
        ],
        [write('bad/empty.mp4', ''), 'must be a video, got an empty file'],
        [write('bad/cut.mp4', whole.subarray(0, 1500)), `must be a whole video of ${whole.length} bytes or more, got the first 1500`], // prettier-ignore
        [join(root, 'fixtures/videos/sound.m4a'), 'must be a video, got a file without video track'],
        [write('bad/none.mp4', frameless), 'must be a video, got a video track without frames'],
        [join(folder, 'bad/gone.mp4'), 'cannot be read: no such file or directory (ENOENT)'],
      ]
      for (const [path, reason] of cases) {
        await says(['predict', path, '--checkpoint', best, '--engine', engine], `${path}: ${reason}`)
      }
      const [path, reason] = cases[1]!
      await says(attention(path), `${path}: ${reason}`)
      // A video by another name is a video, and in a folder it is passed over by name.
      succeeded(await cli(['predict', write('bad/video.txt', whole), '--checkpoint', best, '--engine', engine]))
    })

    it('a video that would keep its reader busy without end', async () => {
      const path = write('bad/endless.gif', slowGif())
      const args = ['predict', path, '--checkpoint', best, '--engine', engine, '--time-limit', '1']
      await says(args, `${path}: must be a video, got no clip within 1 s`)
    })

    it('folders without classes or videos, and a table without a column', async () => {
      const flat = join(write('flat/a.mp4', ''), '..')
      await says(train('--data', flat), `${flat}: must have a folder for each class, got 'a.mp4'`)
      await says(evaluate(flat), `${flat}: must have a folder for each class, got 'a.mp4'`)
      const gone = join(folder, 'gone')
      await says(train('--data', gone), `${gone}: cannot be read: no such file or directory (ENOENT)`)
      const csv = write('table.csv', 'label,youtube_id,time_end\na,b,1\n')
      await says(train('--data', csv), `${csv}: must have a column 'time_start', got label, youtube_id, time_end`)
    })

    it('classes that the network does not have', async () => {
      const other = join(write('other/jumps/a.mp4', readFileSync(video)), '../..')
      await says(evaluate(other), `${other}: label must be one of 4 known classes, got 'jumps'`)
      const { clips: _, ...unnamed } = loadCheckpoint(best)
      const file = join(folder, 'unnamed.safetensors')
      saveCheckpoint(file, unnamed)
      await says(
        ['predict', video, '--checkpoint', file],
        `${file}: must be a checkpoint of a network of videos, got one whose metadata lack 'clips' and whose sizes are not those of digits in motion`,
      )
      await says(
        ['predict', '--digits', '--checkpoint', best],
        `${best}: must be a checkpoint of a network of digits in motion with --digits, got one of videos`,
      )
    })

    it('an output that cannot be written, before anything is computed', async () => {
      const file = write('file', '')
      const out = join(file, 'x.png')
      await says(attention(video, '--out', out), `${out}: cannot be written: not a directory (ENOTDIR)`)
      const confusion = [...evaluate(classes), '--confusion', out]
      await says(confusion, `${out}: cannot be written: not a directory (ENOTDIR)`)
      await says(['train', '--data', classes, '--runs', file, '--name', 'a', '--variant', 'digits'], `${join(file, 'a')}: cannot be made: not a directory (ENOTDIR)`) // prettier-ignore
    })

    it('flags and settings that do not fit', async () => {
      const settingsFile = (value: unknown): string => write('settings.json', JSON.stringify(value))
      const file = join(folder, 'settings.json')
      for (const [value, line] of [
        [{ rate: 'fast' }, "rate must be a number, got 'fast'"],
        [{ STB: 'many' }, "stb must be a number, got 'many'"],
        [{ jitter: [18] }, "jitter must be two whole numbers with a comma between, got '18'"],
        [{ optimizer: 'Adam' }, "optimizer must be SGD or AdamW, got 'Adam'"],
        [{ cssa: 1 }, 'cssa must be true or false, got 1'],
        [{ 'held-out-part': {} }, 'held-out-part must be a number, text or a list of them, got {}'],
        [{ 'dead-work': 'go' }, 'dead-work must be keep or leave-out, got "go"'],
        [{ ratee: 1 }, "'ratee' is no setting: is 'rate' meant?"],
        [{ heldOutPrt: 1 }, "'heldOutPrt' is no setting: is 'held-out-part' meant?"],
        [[], 'must be an object of settings, got other JSON'],
      ] as const)
        await says(train('--config', settingsFile(value)), `${file}: ${line}`)
      settingsFile({ zebra: 1 })
      expect((await cli(train('--config', file))).err).to.match(
        /settings\.json: 'zebra' is no setting: seed, .* are\n$/,
      )
      settingsFile({ recipe: {}, versions: {} })
      await says(train('--config', file), `${file}: must be of a run that tells its flags, got one without 'flags'`)
      write('settings.json', '{')
      expect((await cli(train('--config', file))).err).to.match(
        /settings\.json: must be JSON, got other text \(.*\)\n$/,
      )
      const data = ['--data', classes, '--variant', 'digits']
      for (const [more, line] of [
        ['--views 2', "--views must be clips × crops, as 1x3, 4x3 or 10x3 (or one crop, as 1x1), got '2'"],
      ] as const)
        await says([...evaluate(classes), ...more.split(' ')], line)
      for (const [more, line] of [
        ['--width 32', 'height and width must be equal for videos, got 16 and 32'],
        ['--channels 2', 'channels must be 1 or 3 for videos, got 2'],
        ['--short-side 10', "--short-side must be at least the frames' height, 16, got 10"],
        ['--jitter 10,20', "--jitter must be at least the frames' height, 16, got 10"],
        ['--jitter 20', "--jitter must be two whole numbers with a comma between, got '20'"],
        ['--held-out-part 1', '--held-out-part must be a number between 0 and 1, got 1'],
        ['--held-out 10', '--held-out is of digits in motion: --held-out-part or --validation expected with --data'],
        ['--optimizer adam', "--optimizer must be SGD or AdamW, got 'adam'"],
        ['--epochs 2 --steps 3', "option '--epochs <n>' cannot be used with option '--steps <n>'"],
      ] as const)
        await says(train(...data, ...more.split(' ')), line)
      const split = `${classes}: must have folders train and val for --split, got neither`
      await says([...evaluate(classes), '--split', 'test'], split)
      await says(train(...data, '--split', 'test'), split)
      await says(train('--split', 'test'), '--split is of videos: it needs --data, which is not given')
      await says(train('--stride', '3'), '--stride is of videos: it needs --data, which is not given')
      expect(existsSync(join(folder, 'none'))).to.equal(false)
    })
  })
})
