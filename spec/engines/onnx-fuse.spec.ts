/** What the engine onnx puts in place of operations computes what they computed. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  exp,
  gelu,
  type Graph,
  layerNorm,
  matmul,
  mean,
  mul,
  onnxEngine,
  onnxModel,
  permute,
  scale,
  type Tensor,
  total,
  trace,
  valueAndGrad,
  zeros,
} from '../../lib'
import { simplify } from '../../lib/transforms'
import { fuse } from '../../lib/engines/onnx/fuse'
import { describeRewrite, keepsResults, results } from '../laws/rewrites'
import { expectClose, operandsOf } from '../laws/values'

const rewrite = { rewrite: (graph: Graph) => fuse(simplify(graph)), tolerance: 1e-12 }
const expectSameResults = keepsResults(rewrite)
/** How often each operation is in a graph. */
const counts = ({ nodes }: Graph): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const n of nodes) if (n.kind === 'operation') found[n.primitive.name] = (found[n.primitive.name] ?? 0) + 1
  return found
}

const size = fc.integer({ min: 2, max: 5 })

describe("ONNX Runtime's own nodes in a graph", () => {
  describeRewrite(rewrite, 40)

  it('take the statistics of rows from the layer norm that has them', () => {
    const xs = operandsOf(
      [
        { shape: [5, 3, 4], range: 'any' },
        { shape: [4], range: 'any' },
        { shape: [4], range: 'any' },
      ],
      1,
      'float64',
    )
    const f = (of: readonly Tensor[]): Tensor<[]> => {
      const y = layerNorm(of[0] as Tensor<['N', 'S', 'C']>, of[1] as Tensor<['C']>, of[2] as Tensor<['C']>)
      return total(mul(y, y))
    }
    const { graph } = trace(valueAndGrad(f), xs)
    const found = counts(fuse(simplify(graph)))
    expect(found).to.include({ layerNorm: 1, statistic: 2, mean: 1 })
    expect(found).to.not.have.any.keys('sqrt', 'div')
    expectSameResults(graph, xs)
  })

  it('take a mean of rows that no layer norm is of as a mean', () => {
    const [x] = operandsOf([{ shape: [5, 4], range: 'any' }], 1, 'float64') as [Tensor]
    const { graph } = trace((v: Tensor) => mean(v, [1]), x)
    expect(counts(fuse(simplify(graph)))).to.deep.equal({ mean: 1 })
    expectSameResults(graph, [x])
  })

  it('read transposed keys as they lie, in rows', () =>
    fc.assert(
      fc.property(fc.nat(), fc.tuple(size, size, size, size), (seed, [N, S, h, d]) => {
        const xs = operandsOf(
          [0, 1].map(() => ({ shape: [N, S, h, d], range: 'any' })),
          seed,
          'float64',
        )
        const scores = (of: readonly Tensor[]): Tensor[] => {
          const [Q, K] = [permute(of[0]!, [0, 2, 1, 3]), permute(of[1]!, [0, 2, 3, 1])]
          const KQ = matmul(permute(K, [0, 1, 3, 2]), permute(Q, [0, 1, 3, 2]))
          return [matmul(Q, K), KQ, matmul(permute(K, [0, 1, 3, 2]), K)]
        }
        const { graph } = trace(scores, xs)
        const fused = fuse(simplify(graph))
        // Each operand is moved once, in rows of d elements; products transpose what they read.
        expect(counts(fused)).to.deep.equal({ permute: 2, product: 3 })
        for (const n of fused.nodes)
          if (n.kind === 'operation' && n.primitive.name === 'permute')
            expect(n.params).to.deep.equal({ axes: [0, 2, 1, 3] })
        expectSameResults(graph, xs)
      }),
      { numRuns: 40 },
    ))

  it('leave a transposed operand as it is where not products alone read it, or another provider computes', () => {
    const xs = operandsOf(
      [0, 1].map(() => ({ shape: [2, 3, 4, 5], range: 'any' })),
      1,
      'float64',
    )
    const of = (f: (Q: Tensor, K: Tensor) => Tensor[]) => simplify(trace(f, xs[0]!, xs[1]!).graph)
    const K_T = (K: Tensor): Tensor => permute(K, [0, 2, 3, 1])
    const both = of((Q, K) => [matmul(permute(Q, [0, 2, 1, 3]), K_T(K)), exp(K_T(K))])
    expect(counts(fuse(both))).to.deep.equal({ permute: 2, matmul: 1, exp: 1 })
    const alone = of((Q, K) => [matmul(permute(Q, [0, 2, 1, 3]), K_T(K))])
    expect(counts(fuse(alone, 'cpu'))).to.deep.equal({ permute: 2, product: 1 })
    expect(counts(fuse(alone, 'webgpu'))).to.deep.equal({ permute: 2, matmul: 1 })
  })

  const perceptron = ([x, W_1, b_1, W_2, b_2]: readonly Tensor[]): Tensor<[]> => {
    const y = add(matmul(gelu(add(matmul(x!, W_1!), b_1!)), W_2!), b_2!)
    return total(mul(y, y))
  }
  it('scale in the products before and after a GELU', () =>
    fc.assert(
      fc.property(fc.nat(), fc.tuple(size, size, size), (seed, [N, S, C]) => {
        fc.pre(C <= N * S)
        const shapes = [[N, S, C], [C, 4 * C], [4 * C], [4 * C, C], [C]]
        const xs = operandsOf(
          shapes.map(shape => ({ shape, range: 'any' })),
          seed,
          'float64',
        )
        const { graph } = trace(valueAndGrad(perceptron), xs)
        const fused = fuse(simplify(graph))
        expect(counts(fused)).to.include({ linear: 2, erf: 1 })
        // No number is multiplied with the hidden layer.
        const hidden = fused.nodes.flatMap(n => (n.shape.join() === `${N},${S},${4 * C}` && 'operands' in n ? [n] : []))
        const products = hidden.filter(n => n.primitive.name === 'mul')
        expect(products.map(n => n.operands.map(i => fused.nodes[i]!.shape.length).join())).to.not.include('3,0')
        expectSameResults(graph, xs)
      }),
      { numRuns: 40 },
    ))
  it('scale by what both operands of a product are scaled by', () => {
    const xs = operandsOf(
      [
        [3, 4],
        [4, 2],
      ].map(shape => ({ shape, range: 'any' as const })),
      1,
      'float64',
    )
    const { graph } = trace((of: readonly Tensor[]) => matmul(scale(of[0]!, 3), scale(of[1]!, 5)), xs)
    const fused = fuse(simplify(graph))
    expect(counts(fused)).to.deep.equal({ matmul: 1, mul: 1 })
    expectSameResults(graph, xs)
  })
  it('are the engine’s alone: they have no derivative, cost or kernel, and say so', () => {
    const { graph } = trace(
      (v: Tensor) => mean(v, [1]),
      operandsOf([{ shape: [5, 4], range: 'any' }], 1, 'float64')[0]!,
    )
    const [node] = fuse(simplify(graph)).nodes.filter(n => n.kind === 'operation')
    const { primitive, params } = node!
    const x = zeros([5, 4])
    for (const [what, ask] of [
      ['derivative', () => primitive.vjp(params, x, x, x)],
      ['cost', () => primitive.flops(params, [5, 1], [5, 4])],
      ['kernel', () => primitive.kernel(params)],
      [
        'rule for parts',
        () => primitive.needs(params, { axis: 0, outer: 1, n: 5, inner: 1, from: 0, to: 1 }, [5, 1], [5, 4]),
      ],
    ] as const)
      expect(ask).to.throw(`mean is a node of the engine onnx alone: it has no ${what}`)
  })
  it('are emitted as nodes that ONNX Runtime computes alike', async () => {
    const shapes = [[2, 3, 4], [4, 16], [16], [16, 4], [4]]
    const xs = operandsOf(
      shapes.map(shape => ({ shape, range: 'any' })),
      1,
      'float32',
    )
    const { graph } = trace(valueAndGrad(perceptron), xs)
    const gemms = onnxModel(graph).graph.node.filter(n => n.opType === 'Gemm')
    expect(gemms.map(n => n.attribute.map(a => a.name))).to.deep.equal([['alpha'], ['alpha']])
    const engine = await onnxEngine({ threads: 1 })
    try {
      const run = await engine.compile(graph)
      const made = await Promise.all((await run(xs.map(engine.upload))).map(engine.download))
      results(graph, xs).forEach((y, i) => expectClose(made[i]!, y, 1e-5, `output ${i}`))
    } finally {
      await engine.close()
    }
  })
})
