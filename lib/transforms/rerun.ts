/** Functions that are recorded, and run from their graph in another way. */
import type { Tensor } from '../tensor'
import { type Compute, evaluateNodes, type Graph, leaves, rebuild, trace } from '../trace'

/** The results of a graph: see `evaluateNodes`. */
export const evaluate = (graph: Graph, inputs: readonly Tensor[], compute?: Compute): Tensor[] => {
  const values = evaluateNodes(graph, inputs, compute)
  return graph.outputs.map(o => values[o]!)
}

/** The same function, whose results are what `run` makes of its graph and of the tensors that it is given. */
export const rerun =
  <A extends readonly unknown[], R>(f: (...args: A) => R, run: (graph: Graph, inputs: readonly Tensor[]) => Tensor[]) =>
  (...args: A): R => {
    const { graph, result } = trace(f, ...args)
    return rebuild(result, run(graph, leaves(args)))
  }
