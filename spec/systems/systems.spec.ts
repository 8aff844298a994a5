/** TimeSformer, ViViT and VTN: agreement with an independent PyTorch model (fixtures/systems), and what CSSA and FAM add. */
import { expect } from 'chai'
import { entries, flat, grad, mapTree, mul, type Tensor, total, truncatedNormal, randomStream } from '../../lib'
import { makeAbstract, makeInitial, windowAttention } from '../../lib/systems'
import { zeros } from '../../lib/tensor'
import { under } from '../golden'
import { goldenSystem, systemCases, systemOf } from './golden'
import { expectClose, expectSame } from '../laws/values'

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

  it('see no frame beyond the window, and the class token sees all', () => {
    const [N, h, S, d, window] = [1, 2, 7, 3, 2]
    const [Q, K, V] = ['Q', 'K', 'V'].map(n => truncatedNormal(randomStream(1, n), [N, h, S, d], 1, 'float64'))
    const { map } = windowAttention(Q!, K!, V!, window, zeros([], 'float64'), zeros([], 'float64'))
    for (let q = 0; q < S; q++)
      for (let k = 0; k < S; k++) {
        const seen = q === 0 || k === 0 || Math.abs(q - k) <= window
        expect(map.get(0, 1, q, k) > 0, `${q} sees ${k}`).to.equal(seen)
      }
  })
})
