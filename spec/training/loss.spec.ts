/** Cross-entropy: its value, its gradient, and the accuracy beside it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { cast, dtypeOf, flat, fromArray, randomStream, ShapeError, type Tensor, toArray } from '../../lib/tensor'
import { softmax } from '../../lib/primitives'
import { confusion, crossEntropy, ranking, topK } from '../../lib/training'
import { grad } from '../../lib/transforms'
import { obeysTheLaws } from '../laws/laws'
import { operandsOf } from '../laws/values'

const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), fc.nat())
/** Logits and labels of B clips and K classes. */
const drawn = (B: number, K: number, seed: number): { logits: Tensor; labels: Tensor } => {
  const stream = randomStream(seed, 'labels')
  return {
    logits: operandsOf([{ shape: [B, K], range: 'any' }], seed, 'float64')[0]!,
    labels: fromArray(
      Array.from({ length: B }, () => Math.floor(stream() * K)),
      [B],
      'float64',
    ),
  }
}

obeysTheLaws(
  'crossEntropy',
  sizes.map(([B, K, seed]) => ({
    f: (logits: Tensor) => crossEntropy(logits, cast(drawn(B, K, seed).labels, dtypeOf(logits))),
    operands: [{ shape: [B, K], range: 'any' }],
  })),
)

describe('crossEntropy', () => {
  it('is the mean of −ln of the softmax at the label', () =>
    fc.assert(
      fc.property(sizes, ([B, K, seed]) => {
        const { logits, labels } = drawn(B, K, seed)
        const p = flat(softmax(logits))
        const terms = Array.from(flat(labels), (k, b) => -Math.log(p[b * K + k]!))
        expect(crossEntropy(logits, labels).get()).to.be.closeTo(terms.reduce((a, b) => a + b) / B, 1e-12)
      }),
    ))

  it('has the gradient (softmax − one-hot) / B', () =>
    fc.assert(
      fc.property(sizes, ([B, K, seed]) => {
        const { logits, labels } = drawn(B, K, seed)
        const gradient = flat(grad((z: Tensor) => crossEntropy(z, labels))(logits))
        const p = flat(softmax(logits))
        gradient.forEach((g, i) =>
          expect(g).to.be.closeTo((p[i]! - (labels.get(Math.floor(i / K)) === i % K ? 1 : 0)) / B, 1e-12),
        )
      }),
    ))

  it('stays finite for huge logits', () => {
    const logits = fromArray([1e4, -1e4, 0, 1e38, 0, -1e38], [2, 3])
    const labels = fromArray([0, 0])
    expect(crossEntropy(logits, labels).get()).to.equal(0)
    expect(toArray(grad((z: Tensor) => crossEntropy(z, labels))(logits))).to.deep.equal([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  it('refuses another number of labels than of clips', () =>
    expect(() => crossEntropy(fromArray([1, 2], [1, 2]), fromArray([0, 1]))).to.throw(
      ShapeError,
      'Cross-entropy: labels[B] was given [2]: dimension 0, B, must be 1 (from dimension 0 of logits), got 2; bound: B = 1, K = 2 by logits',
    ))
})

describe('Accuracy', () => {
  const logits = fromArray([0.1, 0.7, 0.2, 0.5, 0.5, 0, 0, 1, 2], [3, 3])
  it('ranks classes, the likeliest first; of equal ones the first', () =>
    expect(ranking(logits)).to.deep.equal([
      [1, 2, 0],
      [0, 1, 2],
      [2, 1, 0],
    ]))
  it('top-k counts the labels among the k likeliest', () => {
    const labels = fromArray([2, 1, 2])
    expect([1, 2, 3].map(k => topK(logits, labels, k))).to.deep.equal([1 / 3, 1, 1])
  })
  it('tells which class was taken for which, and its diagonal is top-1', () =>
    fc.assert(
      fc.property(sizes, ([B, K, seed]) => {
        const { logits: z, labels } = drawn(B, K, seed)
        const table = confusion(z, labels)
        expect(table.flat().reduce((a, b) => a + b)).to.equal(B)
        expect(table.reduce((sum, row, i) => sum + row[i]!, 0) / B).to.equal(topK(z, labels, 1))
      }),
    ))
})
