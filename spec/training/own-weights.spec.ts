/** Fine-tuning: a checkpoint of ours in another network. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Config, configure, initialParameters } from '../../lib/paper'
import { flat, fromArray, full } from '../../lib/tensor'
import { entries } from '../../lib/trace'
import {
  type Checkpoint,
  digitsRecipe,
  fromCheckpoint,
  type Pretrained,
  resizeFrames,
  startState,
} from '../../lib/training'
import { drawn, expectClose, expectSame } from '../laws/values'

const sizes = { channels: 1, frames: 4, height: 8, width: 8, patch: 4, dim: 4, heads: 2, STB: 2, TTB: 2, classes: 3 }
const checkpointOf = (config: Config, classes?: readonly string[]): Checkpoint => ({
  ...{ config, recipe: digitsRecipe, seed: 1, step: 3 },
  state: startState(digitsRecipe, initialParameters(config, 7, { alpha: 0.5, beta: 2 })),
  ...(classes && { clips: { classes, stride: 1, shortSide: 8, mean: 0, deviation: 1 } }),
})
const taken = (values: Partial<Config>, from: Checkpoint, classes?: readonly string[]): Pretrained => {
  const config = configure({ ...sizes, ...values })
  return fromCheckpoint(config, initialParameters(config, 1), from, 'ours.safetensors', classes)
}
const how = ({ report }: Pretrained, what: string): string[] =>
  report.flatMap(row => (row.how === what ? [row.name] : []))

describe('A checkpoint of ours to start from', () => {
  const ours = checkpointOf(configure(sizes), ['a', 'b', 'c'])
  const theirs = new Map(entries(ours.state.parameters))

  it('is taken as a whole by the same network of the same classes', () => {
    const all = taken({}, ours, ['a', 'b', 'c'])
    expect(all.report.every(row => row.how === 'taken')).to.equal(true)
    for (const [path, x] of entries(all.parameters)) expectSame(x, theirs.get(path)!, path)
    expect(all.unused).to.deep.equal([])
  })

  it('leaves the last linear layer at its initial value for other classes, by number or by name', () => {
    for (const other of [
      taken({ classes: 5 }, ours),
      taken({}, ours, ['a', 'b', 'd']),
      taken({}, ours, ['b', 'a', 'c']),
    ]) {
      expect(how(other, 'initial')).to.deep.equal(['head.W', 'head.b'])
      expect(other.unused).to.deep.equal(['head.W', 'head.b'])
    }
  })

  it('resizes positions in space and in time', () => {
    const other = taken({ frames: 8, height: 16, width: 16 }, ours, ['a', 'b', 'c'])
    expect(how(other, 'resized')).to.deep.equal(['P_s', 'P_t'])
    expect(other.parameters.P_t!.shape).to.deep.equal([8, 1, 4])
    expect(other.parameters.P_s!.shape).to.deep.equal([1, 17, 4])
  })

  it('finds the terms of FAM where the number of blocks differs', () => {
    const other = taken({ STB: 3, TTB: 1 }, ours, ['a', 'b', 'c'])
    const from = new Map(other.report.map(row => [row.name, row.from]))
    // Theirs: S0 S1 T0, and T1 without a term; ours: S0 S1 S2, and T0 without one.
    expect(from.get('FAM.network.0.gain')).to.equal('FAM.network.0.gain')
    expect(from.get('FAM.network.1.gain')).to.equal('FAM.network.1.gain')
    expect(from.get('FAM.network.2.gain')).to.equal(undefined)
    expect(how(other, 'initial')).to.include.members(['STB.2.W_Q', 'FAM.network.2.gain'])
    expect(other.unused).to.include.members(['TTB.1.W_Q', 'FAM.network.2.gain'])
    const deeper = taken({ STB: 1, TTB: 3 }, ours, ['a', 'b', 'c'])
    expect(new Map(deeper.report.map(row => [row.name, row.from])).get('FAM.network.1.gain')).to.equal(
      'FAM.network.2.gain',
    )
  })

  it('names a tensor that does not fit, and both shapes', () =>
    expect(() => taken({ dim: 6 }, ours)).to.throw(
      "ours.safetensors: 'patch.W' must be [16, 6] for 'patch.W', got [16, 4]",
    ))

  it('resizing frames keeps what is constant, straight lines inside, and the same number of frames', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (from, to) => {
        const x = drawn([from, 1, 3])
        expectSame(resizeFrames(x, from), x, 'same')
        expectClose(resizeFrames(full(2, [from, 1, 3]), to), full(2, [to, 1, 3]), 1e-6, 'constant')
        const line = fromArray(
          Float64Array.from({ length: from }, (_, i) => i),
          [from, 1, 1],
          'float64',
        )
        const made = flat(resizeFrames(line, to))
        for (let i = 0; i < to; i++)
          expect(made[i]).to.be.closeTo(Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1), 1e-12)
      }),
    ))
})
