/** A network of digits in motion, as `train` leaves it, on clips of digits and on videos. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ndarrayEngine } from '../../../lib/engines'
import { meanScores, predict, ranked, weightsOf } from '../../../lib/training'
import { loadCheckpoint } from '../../../lib/training/node'
import { decodePng } from '../../../lib/video/png'
import { classNames } from '../../../lib/video/digits-in-motion'
import { heldOutClips, packagedDigits } from '../../../lib/cli/run/clips'
import { slice } from '../../../lib/primitives'
import { flat, type Tensor } from '../../../lib/tensor'
import { cli, root, small, temporaryFolder } from '../command'

/** How wide a frame is drawn at least. */
const LEAST = 112
/** Where the first one is, behind the margin and the labels. */
const FIRST = [242, 34] as const

describe('A checkpoint of digits in motion', function () {
  this.timeout(120_000)
  const folder = temporaryFolder()
  const checkpoint = join(folder, 'digits', 'best.safetensors')
  const of = ['--checkpoint', checkpoint, '--engine', 'ndarray']
  const video = join(root, 'fixtures/videos/classes/leaves up/001.mp4')
  const predicted = async (...given: string[]) => {
    const { code, out, err } = await cli(['predict', ...given, ...of, '--top', '8', '--json'])
    expect(code, err).to.equal(0)
    return JSON.parse(out) as { digits?: number; truth?: string; scores: { class: string; score: number }[] }
  }
  before(async () => {
    const { code, err } = await cli(['train', '--runs', folder, '--name', 'digits', ...small, '--steps', '3', '--quiet']) // prettier-ignore
    expect(code, err).to.equal(0)
  })

  it('is asked for a clip of digits by its number, one of those that runs are measured with', async () => {
    const { config, state } = loadCheckpoint(checkpoint)
    const { X, labels } = heldOutClips(config, 12, packagedDigits())
    for (const [n, more] of [
      [0, []],
      [11, ['--seed', '11']],
    ] as const) {
      const clip = slice(X as Tensor, 0, n, n + 1)
      const expected = meanScores(await predict(ndarrayEngine, config, weightsOf(state), clip, 1))
      const { digits, truth, scores } = await predicted('--digits', ...more)
      expect({ digits, truth }).to.deep.equal({ digits: n, truth: classNames[flat(labels)[n]!] })
      expect(scores).to.deep.equal(ranked(expected).map(k => ({ class: classNames[k]!, score: expected[k]! })))
    }
    const { out } = await cli(['predict', '--digits', ...of, '--top', '1'])
    expect(out).to.match(/^ *[\d.]+ % {2}(leaves|arrives) \w+\nIt is leaves left\.\n$/)
  })

  it('is asked for a video, which it takes gray and as a whole', async () => {
    const { scores } = await predicted(video)
    expect(scores.map(s => s.class).sort()).to.deep.equal([...classNames].sort())
    expect(scores.reduce((sum, { score }) => sum + score, 0)).to.be.closeTo(1, 1e-6)
    const { code, out, err } = await cli(['evaluate', '--data', join(root, 'fixtures/videos/classes'), ...of, '--views', '1x1', '--confusion', join(folder, 'c.svg'), '--quiet']) // prettier-ignore
    expect(code, err).to.equal(0)
    expect(out).to.match(/^top-1 +[\d.]+ % of 120 videos/)
  })

  it('shows where it looks, in a clip of digits and in a video', async () => {
    const file = join(folder, 'look.png')
    const drawn = async (...given: string[]) => {
      const { code, out, err } = await cli(['attention', ...given, ...of, '--out', file])
      expect(code, err).to.equal(0)
      expect(out).to.include(`${file}: `)
      return decodePng(readFileSync(file))
    }
    const picture = await drawn('--digits', '--seed', '3')
    // Its first frame is that of the clip, with light ink.
    const { config } = loadCheckpoint(checkpoint)
    const { frames, width } = config
    const { X } = heldOutClips(config, 4, packagedDigits())
    const clip = flat(slice(X as Tensor, 0, 3, 4))
    const scale = Math.ceil(LEAST / width)
    const [x, y] = FIRST
    for (let k = 0; k < width * width; k++) {
      const gray = Math.round((255 * (clip[k]! + 1)) / 2)
      const at = 3 * ((y + scale * Math.floor(k / width) + 1) * picture.width + x + scale * (k % width) + 1)
      expect(picture.data[at], `pixel ${k}`).to.equal(gray)
    }
    expect((await drawn(video)).width).to.be.greaterThan(frames * LEAST)
  })

  for (const [given, line] of [
    [[], 'a video or --digits expected, got neither'],
    [['a.mp4', '--digits'], "a video or --digits expected, got both 'a.mp4' and --digits"],
    [['a.mp4', '--seed', '3'], '--seed is of --digits, which is not given'],
    [['--digits', '--seed', '-1'], "--seed must be a whole number of at least 0, got '-1'"],
  ] as const)
    it(`is not asked for ${given.join(' ') || 'nothing'}`, async () => {
      for (const command of ['predict', 'attention'])
        expect(await cli([command, ...given, ...of])).to.deep.equal({
          code: 1,
          out: '',
          err: `cstransformer: ${line}\n`,
        })
    })
})
