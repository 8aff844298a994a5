/** The simplified graph: fewer nodes, and the same results to rounding. */
import { expect } from 'chai'
import {
  abstract,
  add,
  broadcastTo,
  concat,
  div,
  erf,
  flat,
  full,
  gelu,
  matmul,
  mul,
  type Parameters,
  permute,
  reshape,
  scale,
  slice,
  sub,
  sum,
  type Tensor,
  total,
  trace,
  valueAndGrad,
} from '../../lib'
import { simplify } from '../../lib/transforms'
import { type Batch, lossOf } from '../../lib/training'
import { goldenCases, goldenNetwork } from '../golden'
import { describeRewrite, results } from '../laws/rewrites'
import { operandsOf } from '../laws/values'

const rewrite = { rewrite: simplify, tolerance: 1e-13 }
/** The operations that are left of a function on operands of some shapes. */
const left = (f: (...xs: Tensor[]) => unknown, ...shapes: number[][]): string[] => {
  const xs = shapes.map(shape => abstract(shape))
  return simplify(trace(f, ...xs).graph).nodes.flatMap(n => (n.kind === 'operation' ? [n.primitive.name] : []))
}

describe('A simplified graph', () => {
  describeRewrite(rewrite, 60)

  for (const name of goldenCases)
    it(`has fewer nodes: ${name}`, () => {
      const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
      const f = valueAndGrad((p: Parameters, batch: Batch) => lossOf(config, p, batch))
      const { graph } = trace(f, parameters, { X, labels })
      expect(simplify(graph).nodes.length).to.be.below(graph.nodes.length)
    })

  it('makes what is there only once', () =>
    expect(left((a, b) => mul(add(a, b), add(a, b)), [2, 3], [3])).to.deep.equal(['add', 'mul']))
  it('takes views of views as one, and those that change nothing as none', () => {
    expect(left(x => reshape(reshape(x, [6]), [3, 2]), [2, 3])).to.deep.equal(['reshape'])
    expect(left(x => permute(permute(x, [1, 2, 0]), [2, 0, 1]), [2, 3, 4])).to.deep.equal([])
    expect(left(x => permute(x, [1, 0, 2]), [1, 3, 4])).to.deep.equal(['reshape'])
  })
  it('takes a part of what was joined from where it came', () => {
    expect(left((a, b) => slice(concat(1, a, b), 1, 3, 7), [2, 3], [2, 4])).to.deep.equal([])
    expect(left((a, b) => slice(concat(1, a, b), 1, 4, 6), [2, 3], [2, 4])).to.deep.equal(['slice'])
    expect(left((a, b) => slice(concat(1, a, b), 1, 2, 6), [2, 3], [2, 4])).to.deep.equal(['concat', 'slice'])
    expect(left((a, b) => slice(concat(1, a, b), 0, 0, 1), [2, 3], [2, 4])).to.deep.equal(['concat', 'slice'])
  })
  it('takes scales of scales as one, and a scale by −1 in a sum as a difference', () => {
    expect(left(x => scale(scale(x, 2), 3), [2])).to.deep.equal(['mul'])
    expect(left(x => scale(scale(x, 2), 0.5), [2])).to.deep.equal([])
    expect(left((a, b) => add(a, scale(b, -1)), [2], [2])).to.deep.equal(['sub'])
    expect(left((a, b) => sub(a, scale(b, -1)), [2], [2])).to.deep.equal(['add'])
  })
  it('leaves repeats to what repeats by itself', () =>
    expect(left((a, b) => mul(broadcastTo(a, [2, 3]), b), [1, 3], [2, 3])).to.deep.equal(['mul']))
  it('turns a product whose result is transposed, and no other', () => {
    const product = (axes: number[]) => (a: Tensor, b: Tensor) => permute(matmul(a, b), axes)
    const shapes = [
      [2, 5, 3, 4],
      [2, 5, 4, 6],
    ]
    expect(left(product([0, 1, 3, 2]), ...shapes)).to.deep.equal(['permute', 'permute', 'matmul'])
    expect(left(product([1, 0, 2, 3]), ...shapes)).to.deep.equal(['matmul', 'permute'])
    expect(left(product([1, 0, 3, 2]), ...shapes)).to.deep.equal(['matmul', 'permute'])
  })
  it('takes a sum with 0 and a product with 1 as none, where the shape stays', () => {
    const zero = full(0, [])
    expect(left(x => add(x, zero), [2])).to.deep.equal([])
    expect(left(x => add(zero, x), [2])).to.deep.equal([])
    expect(left(x => sub(x, zero), [2])).to.deep.equal([])
    expect(left(x => sub(zero, x), [2])).to.deep.equal(['sub'])
    expect(left(x => scale(x, 1), [2])).to.deep.equal([])
    expect(left(x => add(x, full(0, [3, 2])), [2])).to.deep.equal(['add'])
    expect(left(x => mul(x, full(1, [3, 2])), [2])).to.deep.equal(['mul'])
  })
  it('tells 0 from −0, which a division does', () => {
    const f = (x: Tensor): Tensor[] => [0, -0].map(v => div(x, full(v, [2], 'float64')))
    const x = full(1, [2], 'float64')
    const { graph } = trace(f, x)
    expect(results(simplify(graph), [x]).map(y => y.get(0))).to.deep.equal([Infinity, -Infinity])
  })
  it('leaves a GELU whose derivative is not there as it is, and one beside another error function', () => {
    expect(left(x => gelu(x), [2])).to.deep.equal(['gelu'])
    expect(left(x => add(gelu(x), erf(x)), [2])).to.deep.equal(['gelu', 'erf', 'add'])
    // What it shares is cheap: nothing is gained.
    expect(left(x => add(gelu(x), scale(x, Math.SQRT1_2)), [2])).to.deep.equal(['gelu', 'mul', 'add'])
  })
  it('divides by a row statistic once for the row', () =>
    expect(left(x => div(x, sum(x, [1])), [2, 3])).to.deep.equal(['sum', 'div', 'mul']))
  it('makes the error function of a GELU and of its derivative once', () => {
    const f = (x: Tensor): Tensor => {
      const { value, gradient } = valueAndGrad((u: Tensor) => ({ loss: total(gelu(u)), y: gelu(u) }))(x)
      return add(value.y, gradient)
    }
    const names = left(f, [5])
    expect(names.filter(n => n === 'erf').length).to.equal(1)
    expect(names).to.not.include('gelu')
    const [x] = operandsOf([{ shape: [5], range: 'any' }], 1, 'float64') as [Tensor]
    expect(flat(results(simplify(trace(f, x).graph), [x])[0]!)[0]).to.be.closeTo(flat(f(x))[0]!, 1e-15)
  })
})
