/** What the engine onnx puts in place of operations computes what they computed. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  evaluateNodes,
  type Graph,
  layerNorm,
  leaves,
  mean,
  mul,
  type Parameters,
  simplify,
  type Tensor,
  total,
  trace,
  valueAndGrad,
} from '../../lib'
import { fuse } from '../../lib/engines/onnx/fuse'
import { type Batch, lossOf } from '../../lib/training'
import { goldenCases, goldenNetwork } from '../golden'
import { cases } from '../laws/primitives'
import { expectClose, operandsOf } from '../laws/values'

const results = (graph: Graph, inputs: readonly Tensor[]): Tensor[] => {
  const values = evaluateNodes(graph, inputs)
  return graph.outputs.map(o => values[o]!)
}
const expectSameResults = (graph: Graph, inputs: readonly Tensor[]): void => {
  const expected = results(graph, inputs)
  results(fuse(simplify(graph)), inputs).forEach((y, i) => expectClose(y, expected[i]!, 1e-12, `output ${i}`))
}
/** How often each operation is in a graph. */
const counts = ({ nodes }: Graph): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const n of nodes) if (n.kind === 'operation') found[n.primitive.name] = (found[n.primitive.name] ?? 0) + 1
  return found
}

describe("ONNX Runtime's own nodes in a graph", () => {
  describe('compute every primitive and its gradient', () => {
    for (const [name, calls] of Object.entries(cases))
      it(name, () =>
        fc.assert(
          fc.property(calls, fc.nat(), (call, seed) => {
            const xs = operandsOf(call.operands, seed, 'float64')
            const loss = (ys: readonly Tensor[]): Tensor<[]> =>
              leaves(call.f(...ys))
                .map(y => total(mul(y, y)))
                .reduce((a, b) => add(a, b))
            expectSameResults(trace(valueAndGrad(loss), xs).graph, xs)
          }),
          { numRuns: 40 },
        ),
      )
  })

  describe('compute the network, its loss and every gradient', () => {
    for (const name of goldenCases)
      it(name, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
        const f = valueAndGrad((p: Parameters, batch: Batch) => lossOf(config, p, batch))
        const { graph } = trace(f, parameters, { X, labels })
        expectSameResults(graph, leaves([parameters, { X, labels }]))
      })
  })

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
})
