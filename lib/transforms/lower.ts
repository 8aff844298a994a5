/** Graphs in which every operation has a kernel. */
import type { Graph } from '../trace'
import { rewrite, type Rule } from './rewrite'

/** What makes an operation that has no kernel of its own. */
const made: Rule = (g, { primitive, params, operands, scope }) => {
  const kernel = primitive.kernel(params)
  return 'made' in kernel ? g.inline(kernel.made, operands, scope).result : undefined
}

/** The graph with other operations in the place of each that has no kernel of its own. */
export const lower = (graph: Graph): Graph => {
  const lacking = graph.nodes.some(n => n.kind === 'operation' && 'made' in n.primitive.kernel(n.params))
  return lacking ? rewrite(graph, () => () => undefined, [made]) : graph
}
