/** Graphs rewritten: the one way in which a graph becomes another one with the same results, for `simplify` and for what an
 *  engine puts in the place of operations. */
import { type DType, flat, full, type Shape, sizeOf, type Tensor, uniform } from '../tensor'
import { abstract, type Applies, type Graph, isTraced, type Node, type OperationNode, prune, trace } from '../trace'

/** Whether a node is an operation of that primitive; its params are then known. */
const isOf = <P extends object>(n: Node | undefined, { primitive }: Applies<P>): n is OperationNode<P> =>
  n?.kind === 'operation' && n.primitive === primitive

/** Questions about nodes, by their indices. */
export class Nodes {
  constructor(readonly nodes: readonly Node[]) {}

  shape(i: number): Shape {
    return this.nodes[i]!.shape
  }
  /** The floating-point operations that a node takes. */
  flops(i: number): number {
    const n = this.nodes[i]!
    return n.kind === 'operation' ? n.primitive.flops(n.params, n.shape, ...n.operands.map(j => this.shape(j))) : 0
  }
  /** The operation of that primitive behind an index, if it is one. */
  made<P extends object>(i: number | undefined, of: Applies<P>): OperationNode<P> | undefined {
    const n = i === undefined ? undefined : this.nodes[i]
    return isOf(n, of) ? n : undefined
  }
  /** The number that a node is everywhere, if it is a constant of one. */
  number(i: number): number | undefined {
    const n = this.nodes[i]!
    return n.kind === 'constant' && !isTraced(n.value) ? uniform(n.value) : undefined
  }
  /** The number that a node is, if it is a constant scalar: as an operand it changes no shape. */
  scalar(i: number): number | undefined {
    return this.shape(i).length === 0 ? this.number(i) : undefined
  }
}

/** The operations that read a node, by its index, or undefined where the graph's caller reads it too. */
export const readersOf = ({ nodes, outputs }: Graph): ((i: number) => readonly number[] | undefined) => {
  const readers: number[][] = nodes.map(() => [])
  nodes.forEach((n, i) => n.kind === 'operation' && new Set(n.operands).forEach(j => readers[j]!.push(i)))
  const returned = new Set(outputs)
  return i => (returned.has(i) ? undefined : readers[i]!)
}

/** The node of the graph in the making that has the value of an operation on its nodes; undefined where nothing is gained. */
export type Rule = (g: Making, n: OperationNode) => number | undefined

/** A rule for the operations of one primitive. */
export const on =
  <P extends object>(of: Applies<P>, rule: (g: Making, n: OperationNode<P>) => number | undefined): Rule =>
  (g, n) =>
    isOf(n, of) ? rule(g, n) : undefined

interface Inlined {
  readonly result: number
  readonly made: readonly number[]
}

/** Constants of more elements are not compared. */
const COMPARED = 64

/** A graph in the making: a node that is there already is not made again. */
export class Making extends Nodes {
  override readonly nodes: Node[] = []
  /** What the nodes of the old graph, so far, have become. */
  readonly moved: number[] = []
  private readonly known = new Map<string, number>()
  private readonly identities = new Map<unknown, number>()

  constructor(
    readonly dtype: DType,
    private readonly rules: readonly Rule[],
  ) {
    super([])
  }

  /** What some nodes of the old graph have become. */
  at(nodes: readonly number[]): readonly number[] {
    return nodes.map(i => this.moved[i]!)
  }
  /** A text that two values share only where nothing tells them apart: numbers, strings, lists and records by what they hold,
   *  anything else by what it is. */
  private key(value: unknown): string {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
    if (typeof value === 'string') return JSON.stringify(value)
    if (Array.isArray(value)) return `[${value.map(v => this.key(v)).join()}]`
    const record = value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    return record ? `{${this.key(Object.entries(value))}}` : this.identity(value)
  }
  private identity(value: unknown): string {
    if (!this.identities.has(value)) this.identities.set(value, this.identities.size)
    return `#${this.identities.get(value)}`
  }
  private add(key: string, node: Node): number {
    const before = this.known.get(key)
    if (before !== undefined) return before
    const id = this.nodes.push(node) - 1
    this.known.set(key, id)
    return id
  }
  /** An input, or a constant. */
  leaf(node: Node): number {
    if (node.kind !== 'constant' || isTraced(node.value) || sizeOf(node.shape) > COMPARED)
      return this.nodes.push(node) - 1
    return this.add(`${this.key(node.shape)} ${this.key([...flat(node.value)])}`, node)
  }
  constant(v: number): number {
    return this.leaf({ kind: 'constant', shape: [], value: full(v, [], this.dtype) })
  }
  /** An operation, or what a rule has in its place. */
  make<P extends object>(
    of: Applies<P>,
    params: NoInfer<P>,
    operands: readonly number[],
    scope: readonly string[],
  ): number {
    const { primitive } = of
    const shape = primitive.shape(params, ...operands.map(i => this.shape(i)))
    const node: OperationNode = { kind: 'operation', primitive, params, operands, shape, scope }
    for (const rule of this.rules) {
      const found = rule(this, node)
      if (found !== undefined) return found
    }
    return this.add(`${this.identity(primitive)} ${this.key([params, operands])}`, node)
  }
  /** A function that is written in primitives, of nodes.
   *  @returns its result, and what each of its nodes has become */
  inline(f: (...xs: Tensor[]) => Tensor, operands: readonly number[], scope: readonly string[]): Inlined {
    const { graph } = trace(f, ...operands.map(i => abstract(this.shape(i), this.dtype)))
    const inputs = [...operands]
    const made: number[] = []
    for (const n of graph.nodes) {
      if (n.kind === 'input') made.push(inputs.shift()!)
      else if (n.kind === 'constant') made.push(this.leaf(n))
      else {
        const of = n.operands.map(i => made[i]!)
        made.push(this.make(n, n.params, of, scope))
      }
    }
    return { result: made[graph.outputs[0]!]!, made }
  }
}

/** What an operation of the old graph becomes; undefined leaves it as it is, on what its operands have become. */
export type Become = (n: OperationNode, i: number) => number | undefined

/** A graph made anew: see `rewrite`. */
export const remake = (graph: Graph, become: (g: Making) => Become, rules: readonly Rule[] = []): Making => {
  const g = new Making(graph.dtype, rules)
  const becomes = become(g)
  const again = (n: OperationNode): number => g.make(n, n.params, g.at(n.operands), n.scope)
  graph.nodes.forEach((n, i) => {
    g.moved.push(n.kind === 'operation' ? (becomes(n, i) ?? again(n)) : g.leaf(n))
  })
  return g
}

/** The graph with other nodes for some.
 *  @param become tells, of the graph in the making, what each operation becomes
 *  @param rules what each operation that is made becomes in turn */
export const rewrite = (graph: Graph, become: (g: Making) => Become, rules: readonly Rule[] = []): Graph => {
  const { nodes, moved } = remake(graph, become, rules)
  return prune({ ...graph, nodes, outputs: graph.outputs.map(o => moved[o]!) })
}
