/** Commands on published weights: files with random weights under the published names (fixtures/published). */
import { expect } from 'chai'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { initialNetwork, logitsOf } from '../../../lib/systems'
import { fromPublished, meanScores, publishedNetwork, together, viewsOf } from '../../../lib/training'
import { loadCheckpoint, loadSafetensors, saveSafetensors } from '../../../lib/training/node'
import { cast, entries, flat, fromArray, permute } from '../../../lib'
import { full } from '../../../lib/tensor'
import { expectClose } from '../../laws/values'
import { decodePng } from '../../../lib/video'
import { readClip } from '../../../lib/video/clip'
import { cli, root, temporaryFolder } from '../command'

const folder = temporaryFolder()
const fixtures = join(root, 'fixtures/published')
const video = join(root, 'fixtures/videos/h264.mp4')
const names = ['abseiling', 'air drumming', 'answering questions', 'applauding', 'applying cream']
const common = ['--engine', 'ndarray', '--workers', '1']

/** A copy of a published folder, with a change of a JSON file. */
const copied = (
  model: string,
  name: string,
  change: (json: Record<string, unknown>) => object = json => json,
): string => {
  const to = join(folder, name)
  cpSync(join(fixtures, model), to, { recursive: true })
  const file = join(to, 'config.json')
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)))
  return to
}

describe('Published weights', function () {
  this.timeout(120_000)

  for (const model of ['timesformer-divided', 'vivit-2'] as const)
    it(`give names and percentages of a video in one command: ${model}`, async () => {
      const system = model === 'vivit-2' ? 'vivit' : 'timesformer'
      const json = (file: string) => ({
        file,
        json: JSON.parse(readFileSync(join(fixtures, model, file), 'utf8')) as unknown,
      })
      const { config, clips } = publishedNetwork(system, json('config.json'), json('preprocessor_config.json'))
      const weights = loadSafetensors(join(fixtures, model, 'model.safetensors'))
      const { parameters } = fromPublished(config, config, initialNetwork(config, 1), weights, model)
      const [request] = viewsOf(video, config, clips, { clips: 1, crops: 3 })
      const scores = meanScores(logitsOf(config, parameters, together([await readClip(request!)])))
      const { code, out, err } = await cli([
        'predict',
        video,
        '--system',
        system,
        '--weights',
        join(fixtures, model),
        ...common,
      ])
      expect([code, err]).to.deep.equal([0, ''])
      const said = out.trimEnd().split('\n').map(line => line.trim().split(/ %\s+/)) // prettier-ignore
      const expected = names.map((name, k) => [(100 * scores[k]!).toFixed(1), name]).sort((a, b) => Number(b[0]) - Number(a[0])) // prettier-ignore
      expect(said).to.deep.equal(expected)
    })

  it('take clips of another length, and say so', async () => {
    const weights = join(fixtures, 'timesformer-divided/model.safetensors')
    const args = ['predict', video, '--system', 'timesformer', '--weights', weights, ...common]
    const [as, longer] = [await cli([...args, '--json']), await cli([...args, '--json', '--frames', '6'])]
    expect(longer.err).to.equal(`${weights} is of clips of 4 frames: its positions are resized to 6\n`)
    expect(longer.out).not.to.equal(as.out)
    const six = copied('timesformer-divided', 'six', json => ({ ...json, num_frames: 6 }))
    const { code, err } = await cli(['predict', video, '--system', 'timesformer', '--weights', six, ...common])
    expect(err).to.equal(
      `${join(six, 'model.safetensors')}: its time embedding is resized to 6 frames, as config.json has num_frames\n`,
    )
    expect(code).to.equal(0)
  })

  it('are evaluated on videos', async () => {
    const data = join(folder, 'videos')
    for (const [i, name] of ['abseiling', 'applauding'].entries()) {
      mkdirSync(join(data, name), { recursive: true })
      cpSync(i === 0 ? video : join(root, 'fixtures/videos/gray.mp4'), join(data, name, 'one.mp4'))
    }
    const confusion = join(folder, 'confusion.svg')
    const weights = join(fixtures, 'timesformer-joint')
    const { code, out, err } = await cli(['evaluate', '--data', data, '--system', 'timesformer', '--weights', weights, '--confusion', confusion, '--json', '--quiet', ...common]) // prettier-ignore
    expect([code, err]).to.deep.equal([0, ''])
    const found = JSON.parse(out) as Record<string, unknown>
    expect([found['system'], found['weights'], found['videos'], found['classes']]).to.deep.equal([
      'timesformer',
      join(weights, 'model.safetensors'),
      2,
      names,
    ])
    expect(existsSync(confusion)).to.equal(true)
  })

  for (const model of ['timesformer-divided', 'vivit-2'])
    it(`show where they look: ${model}`, async () => {
      const [out, system] = [join(folder, `${model}.png`), model.split('-')[0]!]
      const args = ['attention', video, '--system', system, '--weights', join(fixtures, model), '--out', out, ...common]
      const { code, out: said, err } = await cli(args)
      expect([code, err]).to.deep.equal([0, ''])
      expect(said).to.match(/block 3; rows: clip, ours/)
      expect(decodePng(readFileSync(out)).width).to.be.above(400)
    })

  for (const [model, system] of [
    ['timesformer-divided', 'timesformer'],
    ['vivit-2', 'vivit'],
  ] as const)
    it(`are exported: ONNX Runtime computes the logits of the PyTorch model: ${model}`, async () => {
      const file = join(folder, `${model}.onnx`)
      const { code, err, out } = await cli([
        'export',
        '--onnx',
        file,
        '--system',
        system,
        '--weights',
        join(fixtures, model),
      ])
      expect([code, err]).to.deep.equal([0, ''])
      expect(out).to.include('X[B, 3, 4, 12, 12] -> logits[B, 5]')
      const { tensors } = loadSafetensors(join(fixtures, model, 'expected.safetensors'))
      const X = cast(permute(tensors.get('own.clips')!, [0, 2, 1, 3, 4]), 'float32')
      const session = await InferenceSession.create(file)
      const { logits } = await session.run({ X: new OrtTensor('float32', flat(X) as Float32Array, X.shape) })
      expectClose(fromArray(logits!.data as Float32Array, [2, 5]), cast(tensors.get('own.logits')!, 'float32'), 1e-4, 'logits') // prettier-ignore
    })

  it('are trained on from, with CSSA and FAM, on other classes; the run goes on, and its network is used as any other', async () => {
    const [data, runs] = [join(folder, 'two'), join(folder, 'runs')]
    for (const name of ['left', 'up']) {
      mkdirSync(join(data, name), { recursive: true })
      for (const n of ['001', '002', '003'])
        cpSync(join(root, `fixtures/videos/classes/leaves ${name}/${n}.mp4`), join(data, name, `${n}.mp4`))
    }
    const run = ['--data', data, '--runs', runs, '--name', 'fine', ...common]
    const weights = join(fixtures, 'timesformer-divided')
    const recipe = '--frames 6 --batch 2 --steps 2 --stride 2 --optimizer AdamW --rate 0.01 --layer-decay 0.8'.split(
      ' ',
    )
    const begun = await cli(['train', '--system', 'timesformer', '--weights', weights, ...run, ...recipe])
    expect(begun.code, begun.err).to.equal(0)
    expect(begun.out).to.match(
      /^TimeSformer on videos of .*\n {2}network {3}TimeSformer, divided space-time attention, 3 blocks, C' 12, 3 heads, CSSA, FAM, 7,160 parameters\n/,
    )
    expect(begun.out).to.include('90 tensors taken, 1 resized, 12 left at initial values; 2 of the file not used')
    expect(begun.out).to.match(/resized +P_t +\[6, 1, 12\] +timesformer\.embeddings\.time_embeddings\n/)
    expect(begun.out).to.match(/Held-out accuracy \d+\.\d % on 2 videos/)
    const last = join(runs, 'fine/last.safetensors')
    const before = loadCheckpoint(last)
    expect([before.config.system, before.config.frames, before.clips!.classes, before.clips!.mean]).to.deep.equal(['timesformer', 6, ['left', 'up'], [0.5, 0.45, 0.4]]) // prettier-ignore
    // α has learnt: it was 0.
    const alphas = entries(before.state.parameters).filter(([path]) => path.endsWith('alpha'))
    expect(alphas.map(([, x]) => flat(x)[0] !== 0)).to.deep.equal([true, true, true, true])

    const on = await cli(['train', '--resume', ...run, '--steps', '3'])
    expect(on.code, on.err).to.equal(0)
    expect(loadCheckpoint(last).step).to.equal(3)
    const said = await cli(['predict', join(data, 'up/001.mp4'), '--checkpoint', last, ...common, '--json'])
    expect(said.code, said.err).to.equal(0)
    const { scores } = JSON.parse(said.out) as { readonly scores: readonly { readonly class: string }[] }
    expect(scores.map(score => score.class)).to.have.members(['left', 'up'])
  })

  it('say before training what would not fit', async () => {
    const weights = join(fixtures, 'timesformer-divided')
    const data = join(root, 'fixtures/videos/classes')
    const says = async (args: readonly string[], text: string): Promise<void> => {
      const { code, out, err } = await cli(['train', '--system', 'timesformer', '--weights', weights, '--runs', join(folder, 'none'), ...args]) // prettier-ignore
      expect([code, out, err]).to.deep.equal([1, '', `cstransformer: ${text}\n`])
    }
    await says([], '--weights are of videos: they need --data, which is not given')
    await says(
      ['--data', data, '--dim', '24'],
      `--dim must be left out with --weights: ${join(weights, 'model.safetensors')} is of one size`,
    )
    await says(
      ['--data', data, '--variant', 'V1'],
      `--variant must be left out with --weights: ${join(weights, 'model.safetensors')} is of one size`,
    )
    await says(
      ['--data', data, '--drop-path', '0.1'],
      'dropPath must be 0 for timesformer: branches are left out of CSTransformer alone',
    )
    await says(
      ['--data', data, '--init', 'x.safetensors'],
      "option '--system <name>' cannot be used with option '--init <file>'",
    )
    expect(existsSync(join(folder, 'none'))).to.equal(false)
  })

  it('have no rollout, which is said before anything is done', async () => {
    const args = [
      'attention',
      video,
      '--system',
      'vivit',
      '--weights',
      join(fixtures, 'vivit-2'),
      '--rollout',
      ...common,
    ]
    expect(await cli(args)).to.deep.equal({
      code: 1,
      out: '',
      err: 'cstransformer: rollout is of CSTransformer: a block must be named for vivit\n',
    })
  })

  const says = (title: string, args: () => readonly string[], text: string | (() => string)): unknown =>
    it(`say what is wrong: ${title}`, async () => {
      const { code, out, err } = await cli(['predict', video, ...args(), ...common])
      expect([code, out]).to.deep.equal([1, ''])
      expect(err).to.match(/^[^\n]*\n$/)
      expect(err).to.include(typeof text === 'string' ? text : text())
    })
  const of = (path: string, system = 'timesformer'): readonly string[] => ['--system', system, '--weights', path]
  says(
    'weights of another system',
    () => of(join(fixtures, 'vivit-2')),
    () => `${join(fixtures, 'vivit-2/config.json')}: model_type must be 'timesformer', got 'vivit'`,
  )
  says(
    'no config.json',
    () => {
      const path = copied('vivit-2', 'bare')
      rmSync(join(path, 'config.json'))
      return of(path, 'vivit')
    },
    () =>
      `${join(folder, 'bare/config.json')}: must be beside the weights, with their sizes and the names of their classes, got no such file`,
  )
  says(
    'sizes that disagree',
    () =>
      of(
        copied('vivit-2', 'wide', json => ({ ...json, intermediate_size: 48 })),
        'vivit',
      ),
    "'vivit.encoder.layer.0.intermediate.dense.weight' must be [48, 12], as config.json has its sizes, got [24, 12]",
  )
  says(
    'classes without names',
    () =>
      of(
        copied('vivit-2', 'nameless', ({ id2label: _, ...json }) => json),
        'vivit',
      ),
    'id2label must be the names of the classes by their numbers, got missing',
  )
  says(
    'a number that is none',
    () => {
      const path = join(copied('vivit-2', 'broken'), 'model.safetensors')
      const { tensors, metadata } = loadSafetensors(path)
      const changed = new Map(tensors)
      changed.set('vivit.layernorm.bias', full(NaN, [12]))
      saveSafetensors(path, { tensors: changed, metadata })
      return of(path, 'vivit')
    },
    "'vivit.layernorm.bias' must be finite, got NaN",
  )
  says(
    'no safetensors file',
    () => {
      const path = join(folder, 'pytorch_model.bin')
      writeFileSync(path, Buffer.from([0x50, 0x4b, 3, 4]))
      return of(path)
    },
    'must be a safetensors file, got a pickle (.bin), a program. Where you trust it',
  )
  says(
    'a pickle by another name',
    () => {
      const path = join(folder, 'weights.safetensors')
      writeFileSync(path, Buffer.from([0x80, 2, 0x8a, 10]))
      return of(path)
    },
    'makes safe/model.safetensors; a .pyth goes through convert_timesformer_to_pytorch.py first',
  )
  says(
    'settings that are no JSON',
    () => {
      const path = copied('vivit-2', 'text')
      writeFileSync(join(path, 'preprocessor_config.json'), 'no')
      return of(path, 'vivit')
    },
    'preprocessor_config.json: must be JSON, got other text',
  )
  says(
    'a checkpoint beside them',
    () => [...of('a'), '--checkpoint', 'b'],
    '--system and --weights must be left out beside it',
  )
  says('no system', () => ['--weights', 'a'], '--weights needs --system, which must be timesformer or vivit')
  says('no weights', () => ['--system', 'vivit'], '--system vivit needs --weights')
  says('no network', () => [], '--checkpoint, or --system and --weights, must be given: the network')
  says('a folder without weights', () => of(root), 'model.safetensors')

  it('go without a preprocessor_config.json, and say what is done instead', async () => {
    const path = copied('vivit-2', 'plain')
    rmSync(join(path, 'preprocessor_config.json'))
    const { code, err } = await cli(['predict', video, ...of(path, 'vivit'), ...common])
    expect(err).to.equal(
      `${join(path, 'preprocessor_config.json')} is not there: colours go to [−1, 1], and frames are cut as they are\n`,
    )
    expect(code).to.equal(0)
  })

  it('are called by a name that a terminal does not obey, whatever the folder is called', async () => {
    const path = copied('vivit-2', 'red\u001b[31m')
    rmSync(join(path, 'preprocessor_config.json'))
    const shown = join(folder, 'red\\u001b[31m/preprocessor_config.json')
    const picture = ['--out', join(folder, 'red.png'), '--block', '1']
    for (const args of [
      ['predict', video],
      ['attention', video, ...picture],
    ]) {
      const { code, err } = await cli([...args, ...of(path, 'vivit'), ...common])
      expect(err.slice(0, err.indexOf(' is not there: ')))
        .to.include(shown)
        .and.not.to.include('\u001b')
      expect(code).to.equal(0)
    }
    const { code, out } = await cli(['export', '--onnx', join(folder, 'red.onnx'), ...of(path, 'vivit')])
    expect(out).not.to.include('\u001b')
    expect(out).to.include(`${shown} is not there: `)
    expect(code).to.equal(0)
  })
})
