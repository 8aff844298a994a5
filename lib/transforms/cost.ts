/** What a function costs, from shapes alone: nothing is computed and no array is allocated. */
import { sizeOf } from '../tensor'
import { list, record, recordOf, shape, strict } from '../tensor/given'
import { entries, type Graph, type OperationNode, trace } from '../trace'
import { graph } from '../trace/kinds'
import { peakBytes } from './liveness'

export interface Flops {
  /** Matrix products, a multiply-add counted as two. */
  readonly products: number
  /** Everything else: softmax, norms, activations, sums. */
  readonly rest: number
}

/** What one call of a function takes. */
export interface Cost {
  readonly flops: Flops
  /** Elements of the tensors in the function's first argument. */
  readonly parameters: number
  /** The largest sum of the sizes of values that are needed at one time, the arguments not counted. */
  readonly peakActivationBytes: number
  /** By the equation that a node was recorded in (the innermost), in the order in which they first run. */
  readonly byEquation: ReadonlyMap<string, Flops & { readonly parameters: number }>
}

/** The FLOPs of an operation of a graph. */
export const flopsOf = strict(
  'flopsOf',
  { graph, node: recordOf({ primitive: record, params: record, operands: list, shape }) },
  (graph: Graph, { primitive, params, operands, shape }: OperationNode): Flops => {
    const shapes = operands.map(i => graph.nodes[i]!.shape)
    const count = primitive.flops(params, shape, ...shapes)
    const products = primitive.products?.(params, shape, ...shapes) ?? ('product' in primitive.kernel(params) ? count : 0) // prettier-ignore
    return { products, rest: count - products }
  },
)

/** The cost of a function whose first argument is its parameters, traced on the shapes of its arguments (abstract tensors
 *  will do). FLOPs count what was traced, dead branches dropped, for one call. */
export const cost = <P, A extends readonly unknown[], R>(
  f: (parameters: P, ...rest: A) => R,
  parameters: P,
  ...rest: A
): Cost => {
  const { graph } = trace(f, parameters, ...rest)
  const sizes = entries(parameters).map(([, x]) => sizeOf(x.shape))
  const byEquation = new Map<string, Flops & { parameters: number }>()
  const inputs = graph.nodes.flatMap((n, i) => (n.kind === 'input' ? [i] : []))
  const unused = new Map(sizes.map((size, k) => [inputs[k]!, size]))
  for (const n of graph.nodes) {
    if (n.kind !== 'operation') continue
    const name = n.scope.at(-1) ?? ''
    const before = byEquation.get(name) ?? { products: 0, rest: 0, parameters: 0 }
    const { products, rest: other } = flopsOf(graph, n)
    // A parameter belongs to the equation that reads it first.
    const read = n.operands.reduce((sum, i) => sum + (unused.get(i) ?? 0), 0)
    n.operands.forEach(i => unused.delete(i))
    byEquation.set(name, {
      products: before.products + products,
      rest: before.rest + other,
      parameters: before.parameters + read,
    })
  }
  const all = [...byEquation.values()]
  return {
    flops: { products: all.reduce((s, f) => s + f.products, 0), rest: all.reduce((s, f) => s + f.rest, 0) },
    parameters: sizes.reduce((a, b) => a + b, 0),
    peakActivationBytes: peakBytes(graph),
    byEquation,
  }
}
