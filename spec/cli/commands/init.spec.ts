import { expect } from 'chai'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { slice } from '../../../lib/primitives'
import { flat } from '../../../lib/tensor'
import { loadCheckpoint, loadSafetensors, saveSafetensors } from '../../../lib/training/node'
import { cli, temporaryFolder } from '../command'

describe('cstransformer train --init', () => {
  const runs = temporaryFolder()
  const file = join(runs, 'vit.safetensors')
  const { tensors, metadata } = loadSafetensors(join(__dirname, '../../../fixtures/vit/timm.safetensors'))
  const patches = tensors.get('patch_embed.proj.weight')!
  const gray = new Map([...tensors, ['patch_embed.proj.weight', slice(patches, 1, 0, 1)]])
  before(() => saveSafetensors(file, { tensors: gray, metadata }))

  const network = '--frames 2 --patch 4 --dim 12 --heads 3 --stb 2 --ttb 2'.split(' ')
  const train = (...more: string[]) =>
    cli(['train', '--runs', runs, ...network, '--batch', '2', '--steps', '1', '--held-out', '8', ...more])

  it('starts from the weights, and says what was taken, resized, left at initial values and not used', async () => {
    const { code, out, err } = await train('--init', file, '--rate', '1e-9')
    expect(code, err).to.equal(0)
    const lines = out.split('\n')
    const from = lines.findIndex(line => line.startsWith('Pretrained weights'))
    const told = lines.slice(from, lines.indexOf('', from))
    expect(told[0]).to.equal(
      `Pretrained weights of ${file}: 35 tensors taken, 1 resized, 48 left at initial values; 16 of the file not used`,
    )
    const rows = told.slice(1).map(line => line.trim().replace(/ {2,}/g, ' | '))
    expect(rows.slice(0, 5)).to.deep.equal([
      'tensor | shape | from',
      'taken | patch.W | [16, 12] | patch_embed.proj.weight',
      'taken | patch.b | [12] | patch_embed.proj.bias',
      'taken | V_cls | [1, 1, 12] | cls_token',
      'taken | STB.0…1.gain_1 | [12] | blocks.0…1.norm1.weight',
    ])
    expect(rows).to.include.members([
      'taken | STB.0…1.W_K | [12, 12] | blocks.0…1.attn.qkv.weight',
      'resized | P_s | [1, 17, 12] | pos_embed',
      'initial value | P_t | [2, 1, 12]',
      'initial value | STB.1.alpha | []',
      'initial value | FAM.network.0…2.beta | []',
      'not used | blocks.2.norm1.weight',
      'not used | head.bias',
    ])

    const name = 'digits-frames-2-dim-12-heads-3-steps-1-batch-2-rate-1e-9-init-vit-seed-1'
    const { state } = loadCheckpoint(join(runs, name, 'last.safetensors'))
    const [found, theirs] = [flat(state.parameters.STB[1]!.b_1), flat(tensors.get('blocks.1.mlp.fc1.bias')!)]
    found.forEach((x, i) => expect(x).to.be.closeTo(theirs[i]!, 1e-6))
  })

  it('makes no run of weights that do not fit, or cannot be read', async () => {
    const before = readdirSync(runs)
    expect(await train('--init', file, '--dim', '24', '--name', 'none')).to.deep.equal({
      code: 1,
      out: '',
      err: `cstransformer: ${file}: 'patch_embed.proj.weight' must be [24, 1, 4, 4] for 'patch.W', got [12, 1, 4, 4]\n`,
    })
    const missing = join(runs, 'missing.safetensors')
    expect(await train('--init', missing, '--name', 'none')).to.deep.equal({
      code: 1,
      out: '',
      err: `cstransformer: ${missing}: cannot be read: no such file or directory (ENOENT)\n`,
    })
    expect(readdirSync(runs)).to.deep.equal(before)
  })

  it('makes no run of a checkpoint of ours whose tensors do not fit', async () => {
    const made = await train('--name', 'ours')
    expect(made.code, made.err).to.equal(0)
    const ours = join(runs, 'ours', 'last.safetensors')
    const before = readdirSync(runs)
    for (const [flags, what] of [
      [['--dim', '24'], /^\S+: '\S+' must be \[.*\].*, got \[.*\]$/],
      [['--height', '32', '--width', '32', '--patch', '8'], /^\S+: '\S+' must be \[.*\].*, got \[.*\]$/],
    ] as const) {
      const { code, out, err } = await train('--init', ours, ...flags, '--name', 'none')
      expect({ code, out }, err).to.deep.equal({ code: 1, out: '' })
      expect(err).to.match(/^cstransformer: [^\n]*\n$/)
      expect(err.slice('cstransformer: '.length).trim()).to.match(what)
    }
    expect(readdirSync(runs)).to.deep.equal(before)
  })

  it('does not go with --resume', async () => {
    const { code, err } = await train('--init', file, '--resume', '--name', 'none')
    expect(code).to.equal(1)
    expect(err).to.equal("cstransformer: option '--init <file>' cannot be used with option '--resume'\n")
    expect(existsSync(join(runs, 'none'))).to.equal(false)
  })
})
