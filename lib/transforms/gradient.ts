/** Reverse-mode differentiation: a walk back over the graph. It is made of primitives itself, so it computes on ndarrays,
 *  records on tracers, and can be differentiated again. */
import { func, strict } from '../tensor/given'
import { dtypeOf, full, type Tensor, UserError } from '../tensor'
import { add } from '../primitives'
import { evaluateNodes, type Graph, leaves, rebuild, trace, within } from '../trace'

/** The scope of what a gradient is made of: the backward pass. */
export const GRADIENT = 'gradient'

/** The nodes that depend on the first `count` inputs: only these need a cotangent. */
const dependents = ({ nodes }: Graph, count: number): boolean[] => {
  const depends: boolean[] = []
  let inputs = 0
  for (const n of nodes)
    depends.push(n.kind === 'input' ? inputs++ < count : n.kind === 'operation' && n.operands.some(i => depends[i]!))
  return depends
}

/** The derivatives of one node, a scalar, by the first `count` inputs. */
const pullBack = (graph: Graph, values: readonly Tensor[], loss: number, count: number): Tensor[] => {
  const depends = dependents(graph, count)
  const sums = new Map([[loss, full(1, [], graph.dtype)]])
  const accumulate = (i: number, t: Tensor): void => {
    const before = sums.get(i)
    sums.set(i, before ? add(before, t) : t)
  }
  for (let i = loss; i >= 0; i--) {
    const node = graph.nodes[i]!
    const cotangent = sums.get(i)
    if (node.kind !== 'operation' || !cotangent || !depends[i]) continue
    const { primitive, params, operands, scope } = node
    within([...scope, GRADIENT], () =>
      primitive.vjp(params, cotangent, values[i]!, ...operands.map(j => values[j]!)).forEach((t, k) => {
        const j = operands[k]!
        if (t && depends[j]) accumulate(j, t)
      }),
    )
  }
  const inputs = graph.nodes.flatMap((n, i) => (n.kind === 'input' ? [i] : [])).slice(0, count)
  return inputs.map(i => sums.get(i) ?? full(0, values[i]!.shape, dtypeOf(values[i]!)))
}

/** A result that can be differentiated: a scalar, or a record whose `loss` is one. */
export type Loss = Tensor<[]> | { readonly loss: Tensor<[]> }
const lossOf = (result: Loss): Tensor => ('loss' in result ? result.loss : result)

/** A function's value and the gradient of its loss with respect to its first argument, a tree of tensors.
 *  @param f returns a scalar, or a record with a scalar `loss` and whatever else is wanted of it
 *  Throws UserError when the loss is not a scalar. */
export const valueAndGrad = strict(
  'valueAndGrad',
  { f: func },
  <P, A extends readonly unknown[], R extends Loss>(f: (parameters: P, ...rest: A) => R) =>
    (parameters: P, ...rest: A): { value: R; gradient: P } => {
      const { graph, result } = trace(f, parameters, ...rest)
      const loss = lossOf(result)
      if (loss.shape.length > 0)
        throw new UserError(`grad: the loss must be a scalar, got a tensor of shape [${loss.shape.join(', ')}]`)
      const values = evaluateNodes(graph, leaves([parameters, ...rest]))
      const value = rebuild(
        result,
        graph.outputs.map(o => values[o]!),
      )
      const gradient = pullBack(graph, values, graph.outputs[leaves(result).indexOf(loss)]!, leaves(parameters).length)
      return { value, gradient: rebuild(parameters, gradient) }
    },
)

/** The gradient of a scalar function with respect to its first argument, in the form of that argument.
 *  `grad(f)` is a function like any other: it can be traced, and differentiated again. */
export const grad = strict(
  'grad',
  { f: func },
  <P, A extends readonly unknown[], R extends Loss>(f: (parameters: P, ...rest: A) => R) =>
    (parameters: P, ...rest: A): P =>
      valueAndGrad(f)(parameters, ...rest).gradient,
)
