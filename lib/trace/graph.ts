/** What a trace records: a list of nodes, each made from earlier ones. */
import type { DType, Shape, Tensor } from '../tensor'
import type { Primitive } from './primitive'

interface Base {
  readonly shape: Shape
}
/** A tensor that is given when the graph runs; its name is its path in the arguments. */
export interface InputNode extends Base {
  readonly kind: 'input'
  readonly name: string
}
/** A tensor that existed when the graph was recorded. */
export interface ConstantNode extends Base {
  readonly kind: 'constant'
  readonly value: Tensor
}
/** An operation on earlier nodes; its scope is the path of equations it was recorded in. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list holds nodes of every primitive, each with params of its own
export interface OperationNode<P extends object = any> extends Base {
  readonly kind: 'operation'
  readonly primitive: Primitive<P>
  readonly params: P
  readonly operands: readonly number[]
  readonly scope: readonly string[]
}
/** A node of a graph: what it is given, what it knows, or what it computes. */
export type Node = InputNode | ConstantNode | OperationNode

/** A recorded function: its nodes in the order in which they were made, which of them are its results, and their type. */
export interface Graph {
  readonly nodes: readonly Node[]
  readonly outputs: readonly number[]
  readonly dtype: DType
}

/** The graph without the operations and constants that no output needs. Inputs stay: they are the call's arguments. */
export const prune = (graph: Graph): Graph => {
  const needed = new Set(graph.outputs)
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (needed.has(i) && node.kind === 'operation') node.operands.forEach(j => needed.add(j))
  }
  const nodes: Node[] = []
  const moved = graph.nodes.map((node, i) => (needed.has(i) || node.kind === 'input' ? nodes.push(node) - 1 : -1))
  const to = (i: number): number => moved[i]!
  return {
    ...graph,
    nodes: nodes.map(n => (n.kind === 'operation' ? { ...n, operands: n.operands.map(to) } : n)),
    outputs: graph.outputs.map(to),
  }
}

/** For each node, the last node that reads it (infinite for outputs): after it, the value can be dropped. */
export const lastUses = ({ nodes, outputs }: Graph): number[] => {
  const last = nodes.map((_, i) => i)
  nodes.forEach((n, i) => n.kind === 'operation' && n.operands.forEach(j => (last[j] = i)))
  outputs.forEach(o => (last[o] = Infinity))
  return last
}

/** The graph as text, a line per node: `%2 = add(%0, %1): [2, 3]    in Block, …`. */
export const show = ({ nodes, outputs }: Graph): string => {
  const params = (p: object): string =>
    Object.entries(p)
      .map(([k, v]) => `, ${k}: ${JSON.stringify(v)}`)
      .join('')
  const line = (n: Node, i: number): string => {
    const shape = `[${n.shape.join(', ')}]`
    if (n.kind === 'input') return `%${i} = input ${n.name}: ${shape}`
    if (n.kind === 'constant') return `%${i} = constant: ${shape}`
    const operands = n.operands.map(j => `%${j}`).join(', ')
    const scope = n.scope.length ? `    in ${n.scope.join(' > ')}` : ''
    return `%${i} = ${n.primitive.name}(${operands}${params(n.params)}): ${shape}${scope}`
  }
  return [...nodes.map(line), `return ${outputs.map(o => `%${o}`).join(', ')}`].join('\n')
}
