/** The rewrite to attention that keeps no scores: the same logits and gradients, where nothing else reads scores. */
import { expect } from 'chai'
import { abstract, cast, cost, entries, fromArray, full, mapTree, matmul, mul, type Parameters, scale, softmax, type Tensor, total, trace, transpose, valueAndGrad, withFusedAttention, withoutDeadWork } from '../../lib' // prettier-ignore
import { add, slice } from '../../lib/primitives'
import { causalMask, crossAttention, forward, maskedAttention } from '../../lib/paper'
import { configure, variants } from '../../lib/paper'
import { fusedWhereLess, withAttention } from '../../lib/transforms'
import { makeAbstract } from '../../lib/systems'
import type { DType } from '../../lib/tensor'
import { fusedBlocks, lossOf } from '../../lib/training'
import { goldenCases, goldenNetwork, under } from '../golden'
import { results } from '../laws/rewrites'
import { expectClose, operandsOf } from '../laws/values'
import { goldenSystem, systemCases, systemOf } from '../systems/golden'

const TOLERANCE = { float64: 1e-10, float32: 1e-5 } as const

/** A loss, its logits and its gradient are the plain one's. */
const agrees = <P>(
  loss: (p: P) => { readonly loss: Tensor<[]>; readonly logits: Tensor },
  p: P,
  dtype: DType,
): void => {
  const [fused, plain] = [withFusedAttention(loss), loss].map(f => valueAndGrad(f)(p)) as [unknown, unknown]
  const expected = new Map(entries(plain))
  for (const [path, x] of entries(fused)) expectClose(x, expected.get(path)!, TOLERANCE[dtype], path)
}
/** How much attention a function has that keeps its scores, and how much that keeps none. */
const attentionOf = (f: (...xs: Tensor[]) => unknown, ...xs: readonly Tensor[]) => {
  const { graph } = trace(f, ...xs)
  const named = (name: string): number =>
    graph.nodes.filter(n => n.kind === 'operation' && n.primitive.name === name).length
  return { plain: named('softmax'), fused: named('fusedAttention') }
}

describe('Fused attention', () => {
  for (const dtype of ['float64', 'float32'] as const) {
    for (const name of goldenCases)
      it(`has the loss, the logits and all gradients of ${name}, in ${dtype}`, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, dtype)
        agrees((p: Parameters) => lossOf(config, p, { X, labels }), parameters, dtype)
      })

    for (const file of systemCases)
      it(`has the logits and all gradients of the system ${file}, in ${dtype}`, () => {
        const { tensors, name, config } = goldenSystem(file)
        const { parameters, logits } = systemOf(name, config)
        const given = under(tensors, 'param')
        const p = mapTree((_, __, path) => cast(given.get(path)!, dtype), parameters(makeAbstract(dtype)))
        const [X, R] = [tensors.get('in.X')!, tensors.get('in.R')!].map(x => cast(x, dtype)) as [Tensor, Tensor]
        const loss = (q: unknown) => {
          const made = logits(q, X)
          return { loss: total(mul(made, R)), logits: made }
        }
        agrees(loss, p, dtype)
      })
  }

  describe('takes the place of', () => {
    /** Of a network: how much of its attention is fused. */
    const ofNetwork = (name: string) => {
      const { config, parameters, X } = goldenNetwork(name, 'float32')
      return trace(withFusedAttention((p: Parameters) => forward(config, p, X as Tensor<['B', 'C', 'T', 'H', 'W']>).logits), parameters) // prettier-ignore
        .graph.nodes.flatMap(n => (n.kind === 'operation' ? [n.primitive.name] : []))
    }

    it('all attention of a network, crossing or not, and no scores are left', () => {
      for (const name of ['default', 'baseline', 'cssa-only', 'deep']) {
        const { config } = goldenNetwork(name, 'float32')
        const left = ofNetwork(name)
        expect(left.filter(n => n === 'fusedAttention').length, name).to.equal(config.STB + config.TTB)
        expect(left, name).to.not.include('softmax')
      }
    })

    it('all attention of the systems, windows along time too, but where rows of scores cross that are put together', () => {
      for (const file of systemCases) {
        const { tensors, name, config } = goldenSystem(file)
        const { parameters, logits } = systemOf(name, config)
        const f = (p: unknown, X: Tensor): Tensor => logits(p, X)
        const { plain, fused } = attentionOf(withFusedAttention(f) as never, parameters(makeAbstract()) as never, abstract(tensors.get('in.X')!.shape)) // prettier-ignore
        // Of a VTN's three blocks along time the first two pass on scores of the class token and of the frames as one matrix.
        expect(plain, file).to.equal(file === 'vtn-crossed' ? 4 : 0)
        expect(fused, file).to.be.at.least(2)
      }
    })

    it('no attention whose scores accumulate over three blocks, but all of those before one another alone', () => {
      const { config } = goldenNetwork('accumulated-scores', 'float32')
      const left = ofNetwork('accumulated-scores')
      const stages = [config.STB, config.TTB]
      const kept = stages.filter(n => n > 2).reduce((a, b) => a + b, 0)
      expect(left.filter(n => n === 'softmax').length).to.equal(kept)
      expect(left.filter(n => n === 'fusedAttention').length).to.equal(config.STB + config.TTB - kept)
    })
  })

  const [Q, K, V, A] = [[2, 3, 5, 4], [2, 3, 5, 4], [2, 3, 5, 6], [2, 3, 5, 5]].map(shape => abstract(shape)) as [Tensor, Tensor, Tensor, Tensor] // prettier-ignore
  const plain = (q: Tensor, k: Tensor, v: Tensor): Tensor => matmul(softmax(scale(matmul(q, transpose(k)), 0.5)), v)

  it('takes the place of attention however its scores are written', () => {
    const ways: readonly ((q: Tensor, k: Tensor, v: Tensor) => Tensor)[] = [
      plain,
      (q, k, v) => matmul(softmax(matmul(scale(q, 0.5), transpose(k))), v),
      (q, k, v) => matmul(softmax(add(scale(matmul(k, transpose(q)), -0.3), matmul(q, transpose(k)))), v),
      (q, k, v) => matmul(softmax(matmul(q, mul(transpose(k), transpose(k)))), v),
    ]
    const xs = operandsOf([[2, 3, 5, 4], [2, 3, 5, 4], [2, 3, 5, 6]].map(shape => ({ shape, range: 'any' })), 3, 'float64') // prettier-ignore
    for (const f of ways) {
      expect(attentionOf(withFusedAttention(f) as never, Q, K, V)).to.deep.equal({ plain: 0, fused: 1 })
      expectClose(withFusedAttention(f)(...(xs as [Tensor, Tensor, Tensor])), f(...(xs as [Tensor, Tensor, Tensor])), 1e-14, String(f)) // prettier-ignore
    }
  })

  it('takes the place of masked attention, the same values and all gradients, those of a bias too', () => {
    const maskOf = (q: Tensor): Tensor => cast(causalMask(5), q.dtype)
    type Masked = (q: Tensor, k: Tensor, v: Tensor, a: Tensor) => Tensor
    const ways: readonly Masked[] = [
      (q, k, v, a) => matmul(softmax(add(scale(matmul(q, transpose(k)), 0.5), slice(a, 0, 0, 1))), v),
      (q, k, v, a) => matmul(softmax(add(total(a), add(a, matmul(q, transpose(k))))), v),
      (q, k, v, a) =>
        maskedAttention(q, k, v, full(0, [], q.dtype), full(0, [], q.dtype), add(a, maskOf(q))).O as Tensor,
      (q, k, v, a) => maskedAttention(q, k, v, total(a), a, maskOf(q)).O as Tensor,
      // Scores that cross beside a mask, and queries and keys that cross under one.
      (q, k, v, a) => {
        const first = maskedAttention(q, k, v, full(0, [], q.dtype), full(0, [], q.dtype), a)
        return maskedAttention(k, q, first.O, total(a), first.A, maskOf(q)).O as Tensor
      },
    ]
    for (const dtype of ['float64', 'float32'] as const)
      for (const f of ways) {
        const xs = operandsOf([[2, 3, 5, 4], [2, 3, 5, 4], [2, 3, 5, 4], [2, 3, 5, 5]].map(shape => ({ shape, range: 'any' })), 3, dtype) // prettier-ignore
        const four = xs as [Tensor, Tensor, Tensor, Tensor]
        expect(attentionOf(withFusedAttention(f) as never, ...four).plain, String(f)).to.equal(0)
        agrees((p: typeof four) => ({ loss: total(mul(f(...p), p[2])), logits: f(...p) }), four, dtype)
      }
  })

  it('is of a mask that is 0 what it is of none', () => {
    const none = (q: Tensor): Tensor => full(0, [5, 5], q.dtype)
    const f = (q: Tensor, k: Tensor, v: Tensor): Tensor => matmul(softmax(add(matmul(q, transpose(k)), none(q))), v)
    const { graph } = trace(withFusedAttention(f), Q, K, V)
    const [fused] = graph.nodes.filter(n => n.kind === 'operation' && n.primitive.name === 'fusedAttention')
    expect((fused as { readonly operands: readonly number[] }).operands).to.have.lengthOf(3)
  })

  it('leaves attention whose map or scores somebody reads, and whose scores are not of products', () => {
    const stays: readonly ((q: Tensor, k: Tensor, v: Tensor, a: Tensor) => unknown)[] = [
      (q, k, v) => {
        const map = softmax(scale(matmul(q, transpose(k)), 0.5))
        return [matmul(map, v), map]
      },
      (q, k, _, a) => {
        const { O, A: scores } = crossAttention(q, k, k, total(a), a)
        return [O, scores]
      },
      (q, k, _, a) => {
        const { O, A: scores } = maskedAttention(q, k, k, a, full(0, []), causalMask(5))
        return [O, scores]
      },
      // A ratio of its own for every score, which no queries have.
      (q, k, v, a) => matmul(softmax(mul(a, matmul(q, transpose(k)))), v),
      (q, _, v) => matmul(softmax(q), matmul(transpose(q), v)),
    ]
    for (const f of stays) {
      const before = attentionOf(f as never, Q, K, V, A)
      expect(attentionOf(withFusedAttention(f) as never, Q, K, V, A), String(f)).to.deep.equal(before)
    }
  })

  it('is found within another recording, whose tensors are constants of it', () => {
    const within = (c: Tensor, k: Tensor): Tensor =>
      withFusedAttention((q: Tensor) => matmul(softmax(mul(c, matmul(q, transpose(k)))), k))(k)
    expect(attentionOf(within as never, abstract([]), K)).to.deep.equal({ plain: 0, fused: 1 })
    const [k] = operandsOf([{ shape: [2, 5, 4], range: 'any' }], 4, 'float64') as [Tensor]
    const c = fromArray([0.3], [], 'float64')
    const { graph } = trace(within, c, k)
    expectClose(results(graph, [c, k])[0]!, matmul(softmax(mul(c, matmul(k, transpose(k)))), k), 1e-14, 'the result')
  })

  it('keeps less: of the tokens as many numbers, and not of their square', () => {
    const peak = (S: number, f: typeof plain): number =>
      cost((of: readonly Tensor[]) => valueAndGrad((xs: readonly Tensor[]) => total(f(...(xs as [Tensor, Tensor, Tensor]))))(of), [[1, S, 8], [1, S, 8], [1, S, 8]].map(s => abstract(s))).peakActivationBytes // prettier-ignore
    const [small, large] = [peak(100, withFusedAttention(plain)), peak(400, withFusedAttention(plain))]
    expect(large / small).to.be.closeTo(4, 0.1)
    expect(peak(400, plain) / peak(100, plain)).to.be.above(12)
  })

  it('by count: is fused where it keeps less than half, and there alone', () => {
    const of = (S: number, d: number) =>
      attentionOf(withAttention(plain, fusedWhereLess) as never, ...[1, 2, 3].map(() => abstract([1, S, d])))
    expect(of(197, 64)).to.deep.equal({ plain: 0, fused: 1 })
    expect(of(197, 128)).to.deep.equal({ plain: 1, fused: 0 })
    expect(of(8, 64)).to.deep.equal({ plain: 1, fused: 0 })
    expect(of(1569, 64)).to.deep.equal({ plain: 0, fused: 1 })
    expect(attentionOf(withAttention(plain, 'plain') as never, Q, K, V)).to.deep.equal({ plain: 1, fused: 0 })
    // In the paper's networks, of 197 tokens, crossing scores are of heads twice as wide: in most blocks it would not pay.
    for (const name of ['V1', 'V2', 'V3'] as const)
      expect(fusedBlocks(variants[name], fusedWhereLess).fused, name).to.equal(0)
    expect(fusedBlocks(configure({ ...variants.V2, patch: 8, STB: 3, TTB: 2 }), fusedWhereLess)).to.deep.equal({
      fused: 3,
      all: 5,
    })
    expect(fusedBlocks(configure({ ...variants.V2, patch: 8, STB: 3, TTB: 2 }), withFusedAttention)).to.deep.equal({
      fused: 5,
      all: 5,
    })
  })

  it('loses its dead work as plain attention does', () => {
    const { config, parameters, X } = goldenNetwork('default', 'float64')
    const f = (p: Parameters): Tensor => forward(config, p, X as Tensor<['B', 'C', 'T', 'H', 'W']>).logits
    const fused = withFusedAttention(f)
    expectClose(withoutDeadWork(fused)(parameters), f(parameters), 1e-12, 'logits')
    const [less, all] = [withoutDeadWork(fused), fused].map(g => cost(g, parameters).flops.products)
    expect(less!).to.be.below(all!)
  })
})
