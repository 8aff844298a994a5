/** TimeSformer, ViViT and VTN: agreement with an independent PyTorch model (fixtures/systems), and what CSSA and FAM add. */
import { expect } from 'chai'
import {
  entries,
  flat,
  fromArray,
  full,
  grad,
  mapTree,
  mul,
  type Tensor,
  total,
  truncatedNormal,
  randomStream,
} from '../../lib'
import {
  initialNetwork,
  logitsOf,
  makeAbstract,
  makeInitial,
  type SystemConfig,
  systemMap,
  windowAttention,
} from '../../lib/systems'
import { zeros } from '../../lib/tensor'
import { under } from '../golden'
import { goldenSystem, systemCases, systemOf } from './golden'
import { expectClose, expectSame } from '../laws/values'

const plain = {
  ...{ channels: 2, frames: 4, height: 4, width: 6, patch: 2, dim: 8, heads: 2, blocks: 3, ratio: 2, classes: 3 },
  ...{ cssa: false, fam: false },
}
/** Every system and kind of attention, small. */
const small: Readonly<Record<string, SystemConfig>> = {
  'TimeSformer, divided': { system: 'timesformer', attention: 'divided', ...plain },
  'TimeSformer, joint': { system: 'timesformer', attention: 'joint', ...plain },
  'TimeSformer, space-only': { system: 'timesformer', attention: 'space', ...plain },
  'ViViT model 1': { system: 'vivit', model: 1, tubelet: 2, temporalBlocks: 0, ...plain },
  'ViViT model 2': { system: 'vivit', model: 2, tubelet: 2, temporalBlocks: 2, ...plain },
  VTN: { system: 'vtn', temporalBlocks: 3, window: 1, ...plain },
}

describe('The systems of Tables 3 and 4', () => {
  it('come in number', () => expect(systemCases.length).to.be.at.least(8))

  for (const file of systemCases) {
    const { tensors, name, config } = goldenSystem(file)
    const { parameters, logits } = systemOf(name, config)
    const X = tensors.get('in.X')!

    it(`${file}: has the parameters, logits and every gradient of an independent PyTorch model, in float64`, () => {
      const given = under(tensors, 'param')
      const shapes = (of: Iterable<readonly [string, Tensor]>) =>
        Object.fromEntries([...of].map(([path, x]) => [path, x.shape]).sort())
      expect(shapes(entries(parameters(makeAbstract('float64'))))).to.deep.equal(shapes(given))
      const p = mapTree((_, __, path) => given.get(path)!, parameters(makeAbstract('float64')))
      expectClose(logits(p, X), tensors.get('out.logits')!, 1e-10, 'logits')
      const gradient = grad((q: unknown) => total(mul(logits(q, X), tensors.get('in.R')!)))(p)
      for (const [path, x] of entries(gradient))
        expectClose(x, tensors.get(`grad.${path}`)!, 1e-9, `the gradient of ${path}`)
    })
  }

  for (const file of systemCases.filter(name => !name.endsWith('-crossed'))) {
    const { tensors, name, config } = goldenSystem(file)
    const X = tensors.get('in.X')!
    const logitsOf = (switches: object, initial: object = {}): Tensor => {
      const { parameters, logits } = systemOf(name, { ...config, ...switches })
      return logits(parameters(makeInitial(3, { sigma: 0.3, dtype: 'float64', ...initial })), X)
    }

    it(`${file}: starts as the original, to the bit, with CSSA (α = 0) and FAM (gains of 0)`, () =>
      expectSame(logitsOf({ cssa: true, fam: true }), logitsOf({ cssa: false, fam: false }), 'logits'))

    it(`${file}: is another network for α = 1`, () =>
      expect([...flat(logitsOf({ cssa: true }, { alpha: 1 }))]).to.not.deep.equal([...flat(logitsOf({ cssa: false }))]))
  }

  for (const [name, config] of Object.entries(small))
    it(`${name}: starts as the original, to the bit, with CSSA (α = 0) and FAM (gains of 0)`, () => {
      const X = truncatedNormal(randomStream(5, 'clips'), [2, 2, 4, 4, 6], 1, 'float64')
      const logits = (switches: object): Tensor => {
        const c = { ...config, ...switches }
        return logitsOf(c, initialNetwork(c, 3, { sigma: 0.3, dtype: 'float64' }), X)
      }
      expectSame(logits({ cssa: true, fam: true }), logits({}), 'logits')
    })

  for (const [name, config] of Object.entries(small))
    it(`${name}: its map shows the patch that is unlike all others, where and when it is`, () => {
      const [T, P, t_0, p_0] = [4, 6, 2, 4]
      const unlike = (t: number, p: number): boolean => t === t_0 && p === p_0
      const X = fromArray(
        Array.from({ length: 2 * T * 4 * 6 }, (_, i) => {
          const [t, y, x] = [Math.floor(i / 24) % T, Math.floor(i / 6) % 4, i % 6]
          return unlike(t, 3 * (y >> 1) + (x >> 1)) ? 1 : 0
        }),
        [1, 2, T, 4, 6],
      )
      const drawn = initialNetwork(config, 3, { sigma: 0.5 })
      const p = mapTree((x, _, path) => (/P_[st]$/.test(path) ? full(0, x.shape) : x), drawn)
      const map = systemMap(config, p, X, 1)
      expect(map.shape).to.deep.equal([T, P])
      const plain = map.get(0, 0)
      // Tubelets are of two frames; attention along time comes first where it is divided.
      const there = (t: number): boolean => t === t_0 || (config.system === 'vivit' && t === t_0 + 1)
      const seen = (t: number, q: number): boolean => q === p_0 && (name.includes('divided') || there(t))
      for (let t = 0; t < T; t++)
        for (let q = 0; q < P; q++)
          if (seen(t, q)) expect(Math.abs(map.get(t, q) - plain), `${t}, ${q}`).to.be.above(1e-3)
          else if (name.includes('joint') || name.includes('model 1') || !there(t))
            expect(map.get(t, q), `${t}, ${q}`).to.be.closeTo(plain, 1e-6)
      if (name.includes('divided')) expect(Math.abs(map.get(t_0, p_0) - map.get(0, p_0))).to.be.above(1e-3)
    })

  for (const cssa of [false, true])
    it(`divided attention ${cssa ? 'with' : 'without'} CSSA: its map mixes the values of its second block`, () => {
      const config = { ...small['TimeSformer, divided']!, cssa }
      const p = initialNetwork(config, 3, { sigma: 0.5, alpha: 0.7, dtype: 'float64' })
      const X = truncatedNormal(randomStream(6, 'clip'), [1, 2, 4, 4, 6], 1, 'float64')
      const map = systemMap(config, p, X, 2)
      // What the class token keeps for itself is missing to 1; α leads to other maps.
      for (let t = 0; t < 4; t++) {
        const row = [0, 1, 2, 3, 4, 5].reduce((sum, q) => sum + map.get(t, q), 0)
        expect(row).to.be.within(0.2, 1)
      }
      const without = mapTree((x, _, path) => (path.endsWith('alpha') ? full(0, [], 'float64') : x), p)
      const other = systemMap(config, without, X, 2)
      expect(flat(other).some((v, i) => Math.abs(v - flat(map)[i]!) > 1e-4)).to.equal(cssa)
    })

  it('see no frame beyond the window, and the class token sees all', () => {
    const [N, h, T, d, window] = [1, 2, 6, 3, 2]
    const drawn = (name: string, tokens: number) =>
      truncatedNormal(randomStream(1, name), [N, h, tokens, d], 1, 'float64')
    const own = [drawn('Q_g', 1), drawn('K_g', 1 + T), drawn('V_g', 1 + T)] as const
    const none = zeros([], 'float64')
    const { map } = windowAttention(drawn('Q', T), drawn('K', 1 + T), drawn('V', 1 + T), ...own, window, none, none)
    for (let q = 0; q <= T; q++)
      for (let k = 0; k <= T; k++) {
        const seen = q === 0 || k === 0 || Math.abs(q - k) <= window
        expect(map.get(0, 1, q, k) > 0, `${q} sees ${k}`).to.equal(seen)
      }
  })
})
