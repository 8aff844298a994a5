import { expect } from 'chai'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from '../../lib/cli/errors'
import { cli, root, small, temporaryFolder } from './command'

describe('what the command says of bad input', () => {
  const folder = temporaryFolder()
  const runs = join(folder, 'runs')

  /** Each with its line; nothing is printed besides, and nothing is made. */
  const cases: readonly (readonly [args: string, line: string])[] = [
    ['trian', "unknown command 'trian': Did you mean train?"],
    ['train --heds 2', "unknown option '--heds': Did you mean --heads?"],
    ['train --heads', "option '--heads <h>' argument missing"],
    ['train now', "too many arguments for 'train'. Expected 0 arguments but got 1."],
    ['train --heads 5', 'heads must be a divisor of dim (32), got 5'],
    ['train --heads two', "--heads must be a number, got 'two'"],
    ['train --steps 0', 'steps must be a whole number of at least 1, got 0'],
    ['train --steps 1.5', 'steps must be a whole number of at least 1, got 1.5'],
    ['train --batch 0', 'batch must be a whole number of at least 1, got 0'],
    ['train --rate -1', 'rate must be a number above 0, got -1'],
    ['train --rate NaN', "--rate must be a number, got 'NaN'"],
    ['train --clip 0', 'clip must be a number above 0, got 0'],
    ['train --frames 0', 'frames must be a whole number of at least 1, got 0'],
    ['train --frames 1', 'frames must be at least 2 for digits in motion, got 1'],
    ['train --patch 5', 'height must be a multiple of patch (5), got 16'],
    ['train --height 32', 'height and width must be equal for digits in motion, got 32 and 16'],
    ['train --seed abc', "--seed must be a whole number, got 'abc'"],
    ['train --seed 1.5', "--seed must be a whole number, got '1.5'"],
    ['train --seed 1e99', "--seed must be a whole number, got '1e99'"],
    ['train --held-out 0', "--held-out must be a whole number of at least 1, got '0'"],
    ['train --scores sum', `scores must be 'raw' or 'accumulated', got 'sum'`],
    ['train --engine tpu', "--engine must be ndarray, onnx, gpu or auto, got 'tpu'"],
    ...['__proto__', 'constructor', 'toString'].map(
      name => [`train --engine ${name}`, `--engine must be ndarray, onnx, gpu or auto, got '${name}'`] as const,
    ),
    ['train --optimizer AdamW --momentum 0.9', '--momentum is of SGD, but --optimizer is AdamW: one of them expected'],
    ['train --schedule cosine --drops 2', '--drops is of steps, but --schedule is cosine: one of them expected'],
    ['train --schedule cosine --factor 2', '--factor is of steps, but --schedule is cosine: one of them expected'],
    ['train --accumulate 3', '--accumulate must be a divisor of the batch (32), got 3'],
    ['bench --products --dim 8', '--products times matrix products alone: --dim must be left out'],
    ['train --accumulate 0', '--accumulate must be a divisor of the batch (32), got 0'],
    ...['0', '-1', '12', '0GB', 'GB', '8XB', '-8GB', 'much'].map(
      text => [`train --memory ${text}`, `--memory must be a size as 500MB or 10GB, got '${text}'`] as const,
    ),
    ['train --memory 8GB --accumulate 2', "option '--memory <amount>' cannot be used with option '--accumulate <n>'"],
    ['train --smoothing 1', 'smoothing must be a number of at least 0 and below 1, got 1'],
    ['train --layer-decay 0', 'layerDecay must be a number above 0 and at most 1, got 0'],
    ['train --class-weights 1,2', 'classWeights must be 8 numbers, one for each class, got 2'],
    ['train --engine gpu --mode cuda', "--mode must be webgpu, headlessgl, webasm, cpu or webgpu-software, got 'cuda'"],
    ['train --engine onnx --mode cpu', "--mode is one of --engine gpu, but --engine is 'onnx'"],
    ['train --variant V4', "--variant must be V1, V2, V3, digits, tiny or small, got 'V4'"],
    ['train --variant V2', 'digits in motion have 1 channel and 8 classes, but --variant V2 has 3 and 400'],
    ['train --resume --overwrite', "option '--resume' cannot be used with option '--overwrite'"],
    ['train --name ../x', "--name must be the name of a folder, without '/' and not starting with '.', got '../x'"],
    ['train --resume', `${join(runs, 'digits-seed-1')}: must hold a run to go on with, got no last.safetensors in it`],
    ['flops --heads 5', 'heads must be a divisor of dim (768), got 5'],
    ['flops --patch 0', 'patch must be a whole number of at least 1, got 0'],
    ['flops --variant digits --stb 0 --ttb 0', 'STB + TTB must be at least 1, got 0'],
  ]
  for (const [args, line] of cases)
    it(args, async () => {
      const given = args.split(' ')
      const { code, out, err } = await cli(given[0] === 'train' ? ['train', '--runs', runs, ...given.slice(1)] : given)
      expect({ code, out, err }).to.deep.equal({ code: 1, out: '', err: `cstransformer: ${line}\n` })
      expect(existsSync(runs)).to.equal(false)
    })

  it('a folder that cannot be written', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { code, err } = await cli(['train', ...small, '--runs', file, '--name', 'a'])
    expect({ code, err }).to.deep.equal({
      code: 1,
      err: `cstransformer: ${join(file, 'a')}: cannot be made: not a directory (ENOTDIR)\n`,
    })
  })

  it('an error of the system that nobody foresaw, in one line too', () => {
    const error = Object.assign(new Error('EMFILE: …'), { code: 'EMFILE', errno: -24, syscall: 'open', path: '/x' })
    expect(explain(error)).to.equal('cstransformer: /x: too many open files (EMFILE)')
  })

  it('a defect of ours, with all that is known of it', () => {
    const lines = explain(new TypeError('oh')).split('\n')
    expect(lines[0]).to.equal('TypeError: oh')
    expect(lines[1]).to.match(/^ {4}at /)
    expect(lines.at(-1)).to.equal(
      'cstransformer: this is a defect of cstransformer; please report it with the lines above',
    )
  })
})

describe('what the command says of itself', () => {
  it('--version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(await cli(['--version'])).to.deep.equal({ code: 0, out: `${version}\n`, err: '' })
  })

  it('--help names the commands; theirs name every flag, with examples', async () => {
    const { code, out } = await cli(['--help'])
    expect(code).to.equal(0)
    expect(out)
      .to.match(/^ {2}train \[options\]/m)
      .and.to.match(/^ {2}flops \[options\]/m)
    const [train, flops] = [await cli(['train', '--help']), await cli(['flops', '--help'])]
    expect([train.code, flops.code]).to.deep.equal([0, 0])
    for (const flag of ['--seed', '--steps', '--no-cssa', '--no-temporal-position', '--resume', '--engine', '--alpha'])
      expect(train.out).to.include(`  ${flag}`)
    for (const flag of ['--json', '--frames', '--ratio-ttb', '--no-fam', '--variant'])
      expect(flops.out).to.include(`  ${flag}`)
    for (const { out: help } of [train, flops]) expect(help).to.match(/Examples:\n {2}\$ cstransformer /)
  })

  it('no command: the help, as an error', async () => {
    const { code, out, err } = await cli([])
    expect({ code, out }).to.deep.equal({ code: 1, out: '' })
    expect(err).to.match(/^Usage: cstransformer/)
  })
})
