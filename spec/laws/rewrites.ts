/** What every rewrite of a graph has to hold to: it computes what the graph computed. */
import fc from 'fast-check'
import { add, mul, total } from '../../lib/primitives'
import type { Parameters } from '../../lib/paper'
import type { Tensor } from '../../lib/tensor'
import { evaluateNodes, type Graph, leaves, trace } from '../../lib/trace'
import { type Batch, lossOf } from '../../lib/training'
import { valueAndGrad } from '../../lib/transforms'
import { goldenCases, goldenNetwork } from '../golden'
import { cases } from './primitives'
import { expectClose, operandsOf } from './values'

/** A graph's outputs, by the references. */
export const results = (graph: Graph, inputs: readonly Tensor[]): Tensor[] => {
  const values = evaluateNodes(graph, inputs)
  return graph.outputs.map(o => values[o]!)
}

export interface Rewrite {
  readonly rewrite: (graph: Graph) => Graph
  /** How far results in float64 may lie from what they were. */
  readonly tolerance: number
}

/** Expects that a rewrite leaves a graph's results as they are. */
export const keepsResults =
  ({ rewrite, tolerance }: Rewrite) =>
  (graph: Graph, inputs: readonly Tensor[]): void => {
    const expected = results(graph, inputs)
    results(rewrite(graph), inputs).forEach((y, i) => expectClose(y, expected[i]!, tolerance, `output ${i}`))
  }

/** Tries a rewrite on every primitive and on the network, with their gradients. */
export const describeRewrite = (rewrite: Rewrite, numRuns: number): void => {
  const holds = keepsResults(rewrite)
  describe('computes every primitive and its gradient', () => {
    for (const [name, calls] of Object.entries(cases))
      it(name, () =>
        fc.assert(
          fc.property(calls, fc.nat(), (call, seed) => {
            const xs = operandsOf(call.operands, seed, 'float64')
            const loss = (ys: readonly Tensor[]): Tensor<[]> =>
              leaves(call.f(...ys))
                .map(y => total(mul(y, y)))
                .reduce((a, b) => add(a, b))
            holds(trace(valueAndGrad(loss), xs).graph, xs)
          }),
          { numRuns },
        ),
      )
  })

  describe('computes the network, its loss and every gradient', () => {
    for (const name of goldenCases)
      it(name, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
        const f = valueAndGrad((p: Parameters, batch: Batch) => lossOf(config, p, batch))
        holds(trace(f, parameters, { X, labels }).graph, leaves([parameters, { X, labels }]))
      })
  })
}
