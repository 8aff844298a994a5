import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeModel } from '../../../lib/engines'
import { initialParameters, variants } from '../../../lib/paper'
import { digitsRecipe, networkModel, startState } from '../../../lib/training'
import { saveCheckpoint } from '../../../lib/training/node'
import { cli, temporaryFolder } from '../command'

describe('cstransformer export', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'model.onnx')
  const checkpoint = join(folder, 'digits.safetensors')
  const parameters = initialParameters(variants.digits, 3)
  const state = startState(digitsRecipe, parameters)
  before(() => saveCheckpoint(checkpoint, { config: variants.digits, recipe: digitsRecipe, seed: 3, step: 0, state }))

  it('writes the initial weights of a seed, and says what it wrote', async () => {
    const { code, out, err } = await cli(['export', '--onnx', file, '--variant', 'digits', '--seed', '3'])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(
      /^2 STB \+ 2 TTB, .*\nX\[B, 1, 4, 16, 16\] -> logits\[B, 8\]\n.*model\.onnx: 2\d\d,\d{3} bytes/,
    )
    const expected = Buffer.from(encodeModel(networkModel(variants.digits, parameters)))
    expect(readFileSync(file).equals(expected)).to.equal(true)
  })

  it('writes the weights of a checkpoint in its own configuration', async () => {
    const other = join(folder, 'other.onnx')
    const { code, err } = await cli(['export', '--onnx', other, '--checkpoint', checkpoint])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(readFileSync(other).equals(readFileSync(file))).to.equal(true)
  })

  it('keeps the dead work where it is told to', async () => {
    const whole = join(folder, 'whole.onnx')
    const { code, err } = await cli(['export', '--onnx', whole, '--checkpoint', checkpoint, '--dead-work', 'keep'])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(
      readFileSync(whole).equals(Buffer.from(encodeModel(networkModel(variants.digits, parameters, 'kept')))),
    ).to.equal(true)
    expect(readFileSync(whole).equals(readFileSync(file))).to.equal(false)
  })

  const none = join(folder, 'none.onnx')
  const faults: readonly (readonly [args: string[], line: string])[] = [
    [['export'], "required option '--onnx <file>' not specified"],
    [
      ['export', '--onnx', none, '--checkpoint', checkpoint, '--stb', '3'],
      `--stb must be left out: ${checkpoint} holds the configuration`,
    ],
    [
      ['export', '--onnx', none, '--checkpoint', checkpoint, '--variant', 'V2'],
      `--variant must be left out: ${checkpoint} holds the configuration`,
    ],
    [['export', '--onnx', none, '--heads', '5'], 'heads must be a divisor of dim (768), got 5'],
  ]
  for (const [args, line] of faults)
    it(`says: ${line.replaceAll(folder, '…')}`, async () => {
      expect(await cli(args)).to.deep.equal({ code: 1, out: '', err: `cstransformer: ${line}\n` })
      expect(existsSync(none)).to.equal(false)
    })
})
