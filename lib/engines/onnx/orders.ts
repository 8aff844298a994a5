/** Orders of axes that leave rows whole: what a product can transpose by itself is not moved element by element. */
import { matmul, permute, transpose } from '../../primitives'
import type { Graph } from '../../trace'
import { readersOf, rewrite, Nodes } from '../../transforms/rewrite'
import { engineNode } from './own'

/** A·B, with one or both of them transposed as they are read. */
const product = engineNode<{ readonly transA: 0 | 1; readonly transB: 0 | 1 }>('product', {
  shape: ({ transA, transB }, a, b) => [...a.slice(0, -2), a.at(transA ? -1 : -2)!, b.at(transB ? -2 : -1)!],
  reference: ({ transA, transB }, a, b) => matmul(transA ? transpose(a) : a, transB ? transpose(b) : b),
  onnx: attributes => ({ op: 'FusedMatMul', domain: 'com.microsoft', attributes }),
})

/** An order of axes with its last two swapped. */
const swap = (axes: readonly number[]): number[] => [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]

/** The graph with K̂ᵀ, of every head, as the transpose of K̂: where `[N, S, h, d] -> [N, h, d, S]` goes into products alone,
 *  they take `[N, h, S, d]`, which moves rows of d elements and which the gradient needs as well. */
export const wholeRows = (graph: Graph): Graph => {
  const old = new Nodes(graph.nodes)
  const readers = readersOf(graph)
  const axesOf = (i: number): readonly number[] | undefined => old.made(i, permute)?.params.axes
  /** The order of a permuted operand that leaves rows whole, where its own does not. */
  const wholeOf = (i: number): readonly number[] | undefined => {
    const whole = swap(axesOf(i) ?? [0, 0])
    const sought = whole.at(-1) === whole.length - 1 && whole.some((a, k) => a !== k)
    return sought && readers(i)?.every(j => old.made(j, matmul)) ? whole : undefined
  }
  return rewrite(graph, g => (n, i) => {
    if (!old.made(i, matmul)) return undefined
    const whole = n.operands.map(wholeOf)
    if (!whole.some(Boolean)) return undefined
    const operands = n.operands.map((j, k) => {
      const by = whole[k]
      return by ? g.make(permute, { axes: by }, [g.moved[old.made(j, permute)!.operands[0]!]!], n.scope) : g.moved[j]!
    })
    return g.make(product, { transA: whole[0] ? 1 : 0, transB: whole[1] ? 1 : 0 }, operands, n.scope)
  })
}
