/** What a session of ONNX Runtime takes. */
import { sizeOf } from '../../tensor'
import { reshape } from '../../primitives'
import type { Graph } from '../../trace'
import { BYTES, peakBytes } from '../../transforms'
import type { GraphMemory } from '../engine'

/** What the arena holds beside the values in it, and what kernels take for themselves: fitted to steps of small, V2, tiny
 *  and digits, of which the largest, one clip of V2, was measured with a process of 4255 MiB. */
const ARENA = 1.25
/** Bytes of a session for each node, its part of the model and of our own graphs among them: fitted to the same steps. */
const NODE = 16_000

/** The operations in ONNX Runtime's order, whatever order the model has them in: depth first from the results, the last one
 *  first, and of an operation's operands the last one first. */
const orderOf = ({ nodes }: Graph): readonly number[] => {
  const operandsOf = (i: number): readonly number[] => {
    const n = nodes[i]!
    return n.kind === 'operation' ? n.operands : []
  }
  const read = new Set(nodes.flatMap((_, i) => operandsOf(i)))
  const stack = nodes.flatMap((_, i) => (read.has(i) ? [] : [{ i, done: false }]))
  const seen = new Set<number>()
  const order: number[] = []
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { i, done } = top
    if (done) order.push(i)
    else if (!seen.has(i)) {
      seen.add(i)
      stack.push({ i, done: true }, ...[...operandsOf(i)].sort((a, b) => a - b).map(j => ({ i: j, done: false })))
    }
  }
  return order
}

/** What a graph of the engine takes. Only a reshape makes nothing: other views are moved. */
export const graphMemory = (graph: Graph): GraphMemory => {
  const constants = graph.nodes.map(n => (n.kind === 'constant' ? sizeOf(n.shape) * BYTES[graph.dtype] : 0))
  return {
    values: ARENA * peakBytes(graph, { order: orderOf(graph), views: n => n.primitive === reshape.primitive }),
    program: NODE * graph.nodes.length + constants.reduce((a, b) => a + b, 0),
  }
}
