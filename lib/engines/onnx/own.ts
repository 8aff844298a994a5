/** What the rewrites for ONNX Runtime share: nodes of this engine's own, which no other engine knows and of which no
 *  gradient is taken, and graphs in the making. */
import { flat, full, sizeOf } from '../../tensor'
import { type PrimitiveName, primitives } from '../../primitives'
import { type Graph, type Node, type OperationNode, type Primitive, prune } from '../../trace'

/** A primitive of this engine alone. */
export const own = <P extends object>(
  name: string,
  parts: Pick<Primitive<P>, 'shape' | 'reference' | 'onnx'>,
): Primitive<P> => ({
  name,
  vjp: () => [],
  flops: () => 0,
  kernel: () => ({ each: 'x0' }),
  ...parts,
})

/** Questions about the nodes of a graph. */
export const about = ({ nodes, outputs }: Graph) => {
  const users: number[][] = nodes.map(() => [])
  nodes.forEach((n, i) => n.kind === 'operation' && new Set(n.operands).forEach(j => users[j]!.push(i)))
  const asked = new Set(outputs)
  return {
    /** The node behind an index, where it is the operation of that name. */
    made: (i: number | undefined, name: PrimitiveName): OperationNode | undefined => {
      const n = i === undefined ? undefined : nodes[i]
      return n?.kind === 'operation' && n.primitive.name === name ? n : undefined
    },
    /** The one number in a constant. */
    number: (i: number): number | undefined => {
      const n = nodes[i]!
      return n.kind === 'constant' && sizeOf(n.shape) === 1 ? flat(n.value)[0] : undefined
    },
    /** The operations that read a node, or undefined where the graph's caller reads it too. */
    users: (i: number): readonly OperationNode[] | undefined =>
      asked.has(i) ? undefined : users[i]!.map(u => nodes[u] as OperationNode),
    /** The indices of these. */
    uses: (i: number): readonly number[] => users[i]!,
  }
}

/** A graph in the making. */
export interface Making {
  /** What the nodes of the old graph, so far, have become. */
  readonly moved: readonly number[]
  /** An operation of the new graph, on operands of it, in the place of an old one. */
  readonly make: (
    primitive: Primitive<never> | PrimitiveName,
    params: object,
    operands: readonly number[],
    place: OperationNode,
  ) => number
  /** A number. */
  readonly scalar: (v: number) => number
}

/** The graph with other nodes for some: a rule names the node that an operation becomes, or leaves it as it is. */
export const rewrite = (
  graph: Graph,
  rules: (making: Making) => (n: OperationNode, i: number) => number | undefined,
): Graph => {
  const nodes: Node[] = []
  const moved: number[] = []
  const push = (node: Node): number => nodes.push(node) - 1
  const rule = rules({
    moved,
    make: (primitive, params, operands, { scope }) => {
      const known = (typeof primitive === 'string' ? primitives[primitive] : primitive) as unknown as Primitive
      const shape = known.shape(params, ...operands.map(i => nodes[i]!.shape))
      return push({ kind: 'operation', primitive: known, params, operands, shape, scope })
    },
    scalar: v => push({ kind: 'constant', shape: [], value: full(v, [], graph.dtype) }),
  })
  graph.nodes.forEach((n, i) => {
    const found = n.kind === 'operation' ? rule(n, i) : undefined
    moved.push(found ?? push(n.kind === 'operation' ? { ...n, operands: n.operands.map(j => moved[j]!) } : n))
  })
  return prune({ ...graph, nodes, outputs: graph.outputs.map(o => moved[o]!) })
}
