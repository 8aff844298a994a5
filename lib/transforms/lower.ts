/** Graphs in which every operation has a kernel. */
import { flag, optional, strict } from '../tensor/given'
import { graph } from '../trace/kinds'
import type { Graph, OperationNode } from '../trace'
import { rewrite, type Rule } from './rewrite'

/** What makes an operation, where it has no kernel of its own. */
const madeOf = ({ primitive, params }: OperationNode, attention: boolean) => {
  const kernel = primitive.kernel(params)
  return 'made' in kernel && !(attention && 'attention' in kernel) ? kernel.made : undefined
}

/** The graph with other operations in the place of each that has no kernel of its own.
 *  @param attention whether there are kernels for attention */
export const lower = strict('lower', { graph, attention: optional(flag) }, (graph: Graph, attention = false): Graph => {
  const lacking = graph.nodes.some(n => n.kind === 'operation' && madeOf(n, attention))
  if (!lacking) return graph
  const rule: Rule = (g, n) => {
    const made = madeOf(n, attention)
    return made && g.inline(made, n.operands, n.scope).result
  }
  return rewrite(graph, () => () => undefined, [rule])
})
