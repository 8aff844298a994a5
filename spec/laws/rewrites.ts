/** What every rewrite of a graph has to hold to: it computes what the graph computed. */
import fc from 'fast-check'
import {
  abs,
  add,
  broadcastTo,
  concatAll,
  div,
  erf,
  gelu,
  matmul,
  max,
  mean,
  mul,
  permute,
  reshape,
  scale,
  shift,
  slice,
  softmax,
  sub,
  sum,
  tanh,
  total,
  transpose,
} from '../../lib/primitives'
import type { Parameters } from '../../lib/paper'
import { broadcast, dtypeOf, full, randomStream, ShapeError, sizeOf, type Tensor } from '../../lib/tensor'
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

const RANKS = [[], [1], [3], [2, 3], [1, 3], [3, 2]] as const
/** A random function of some tensors: so many steps, each an operation that fits what there is. What it does depends on shapes
 *  alone, so that it does the same on tracers. */
export const randomFunction =
  (seed: number, steps: number) =>
  (inputs: readonly Tensor[]): Tensor[] => {
    const stream = randomStream(seed, 'a random function')
    const below = (n: number): number => Math.floor(stream() * n)
    const one = <T>(of: readonly T[]): T => of[below(of.length)]!
    const there = [...inputs]
    const constant = (): Tensor => full(one([0, 1, -1, 2]), one(RANKS), dtypeOf(inputs[0]!))
    const any = (): Tensor => (stream() < 0.2 ? constant() : one(there))
    const axes = (x: Tensor): number[] => [...x.shape.keys()].filter(() => stream() < 0.5)
    const order = (x: Tensor): number[] =>
      [...x.shape.keys()]
        .map(a => [stream(), a] as const)
        .sort((p, q) => p[0] - q[0])
        .map(([, a]) => a)
    const binary = (x: Tensor, y: Tensor): Tensor | undefined =>
      broadcast(x.shape, y.shape) ? one([add, sub, mul, divided])(x, y) : undefined
    const divided = (x: Tensor, y: Tensor): Tensor => div(x, shift(abs(y), 1))
    const product = (x: Tensor, y: Tensor): Tensor | undefined => {
      if (x.shape.length < 2 || y.shape.length !== 2) return undefined
      if (x.shape.at(-1) === y.shape[0]) return matmul(x, y)
      return x.shape.at(-1) === y.shape[1] ? transpose(matmul(x, transpose(y))) : undefined
    }
    const part = (x: Tensor): Tensor | undefined => {
      const axis = below(x.shape.length)
      const from = below(x.shape[axis] ?? 0)
      return x.shape.length > 0 ? slice(x, axis, from, from + 1 + below(x.shape[axis]! - from)) : undefined
    }
    const operations: readonly (() => Tensor | undefined)[] = [
      () => binary(any(), any()),
      () => product(any(), any()),
      () => scale(any(), one([-1, 1, 2, 0.5])),
      () => shift(any(), one([0, 1])),
      () => permute(any(), order(one(there))),
      () => one([gelu, tanh, erf, abs])(any()),
      () => one([sum, mean, max])(any(), axes(one(there))),
      () => reshape(any(), [below(2) + 1, sizeOf(one(there).shape)]),
      () => concatAll(0, Array<Tensor>(one([1, 2])).fill(any())),
      () => part(any()),
      () => softmax(any()),
      () => broadcastTo(any(), [2, ...one(there).shape]),
    ]
    for (let tries = 0; there.length < inputs.length + steps && tries < 50 * steps; tries++) {
      const made = attempt(one(operations))
      if (made && sizeOf(made.shape) <= 200) there.push(made)
    }
    return there.slice(inputs.length)
  }
/** Operands of a random function. */
export const randomOperands = (seed: number): Tensor[] =>
  operandsOf(
    [[2, 3], [3], [3, 2], []].map(shape => ({ shape, range: 'any' })),
    seed,
    'float64',
  )
/** A random function, and a number that depends on all that it makes. */
export const randomLoss = (seed: number, steps: number) => (of: readonly Tensor[]) => {
  const made = randomFunction(seed, steps)(of)
  return { loss: made.map(y => total(tanh(y))).reduce((a, b) => add(a, b)), made }
}
/** What an operation makes, if its operands fit. */
const attempt = (operation: () => Tensor | undefined): Tensor | undefined => {
  try {
    return operation()
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
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

  it('computes random functions and their gradients', () =>
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, steps) => {
        const xs = randomOperands(seed)
        const { graph } = trace(valueAndGrad(randomLoss(seed, steps)), xs)
        keepsResults({ rewrite: rewrite.rewrite, tolerance: 1e-9 })(graph, xs)
      }),
      { numRuns: 5 * numRuns },
    ))

  describe('computes the network, its loss and every gradient', () => {
    for (const name of goldenCases)
      it(name, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
        const f = valueAndGrad((p: Parameters, batch: Batch) => lossOf(config, p, batch))
        holds(trace(f, parameters, { X, labels }).graph, leaves([parameters, { X, labels }]))
      })
  })
}
