/** A graph with fewer nodes and the same results, to rounding: what an engine is given that runs node by node. */
import { broadcast, flat, full, sameShape, type Shape, sizeOf, type Tensor } from '../tensor'
import { type PrimitiveName, primitives } from '../primitives'
import { type Graph, type Node, type OperationNode, type Primitive, prune } from '../trace'

/** A graph in the making: a node that is there already is not made again. */
class Builder {
  readonly nodes: Node[] = []
  private readonly known = new Map<string, number>()
  constructor(readonly dtype: Graph['dtype']) {}

  private add(key: string, node: Node): number {
    const before = this.known.get(key)
    if (before !== undefined) return before
    const id = this.nodes.push(node) - 1
    this.known.set(key, id)
    return id
  }
  leaf(node: Node): number {
    if (node.kind !== 'constant' || sizeOf(node.shape) > 64) return this.nodes.push(node) - 1
    return this.add(`constant [${node.shape.join()}] ${flat(node.value).join()}`, node)
  }
  scalar(v: number): number {
    return this.leaf({ kind: 'constant', shape: [], value: full(v, [], this.dtype) })
  }
  shape(i: number): Shape {
    return this.nodes[i]!.shape
  }
  /** The operation of that name behind a node, if it is one. */
  made(i: number, name: PrimitiveName): OperationNode | undefined {
    const n = this.nodes[i]!
    return n.kind === 'operation' && n.primitive.name === name ? n : undefined
  }
  /** The number that a node is everywhere, if it is a constant of one. */
  number(i: number): number | undefined {
    const n = this.nodes[i]!
    if (n.kind !== 'constant') return undefined
    const values = flat(n.value)
    return values.every(v => v === values[0]) ? values[0] : undefined
  }
  /** An operation, after the rules of its primitive. */
  make(name: PrimitiveName, params: object, operands: readonly number[], scope: readonly string[]): number {
    const primitive = primitives[name] as unknown as Primitive
    const shape = primitive.shape(params, ...operands.map(i => this.shape(i)))
    const ruled = rules[name]?.(this, { params, operands, shape, scope })
    if (ruled !== undefined) return ruled
    const key = `${name} ${JSON.stringify(params)} ${operands.join()}`
    return this.add(key, { kind: 'operation', primitive, params, operands, shape, scope })
  }
}

interface Call {
  readonly params: object
  readonly operands: readonly number[]
  readonly shape: Shape
  readonly scope: readonly string[]
}
/** A node that has the same value as a call, or undefined where nothing is to be gained. */
type Rule = (g: Builder, call: Call) => number | undefined

const sameSizes = (a: Shape, b: Shape): boolean => sameShape({ shape: a } as Tensor, { shape: b } as Tensor)

/** Operands before they were repeated, where the operation repeats them itself. */
const unrepeated: (name: PrimitiveName) => Rule =
  name =>
  (g, { params, operands, shape, scope }) => {
    for (const [k, i] of operands.entries()) {
      const source = g.made(i, 'broadcastTo')?.operands[0]
      if (source === undefined) continue
      const others = operands.map((j, at) => (at === k ? source : j))
      const [a, b] = others.map(j => g.shape(j)) as [Shape, Shape]
      const both = broadcast(a, b)
      if (both && sameSizes(both, shape)) return g.make(name, params, others, scope)
    }
    return undefined
  }
const first =
  (...all: readonly Rule[]): Rule =>
  (g, call) => {
    for (const rule of all) {
      const found = rule(g, call)
      if (found !== undefined) return found
    }
    return undefined
  }

/** x and c of c·x. */
const scaled = (g: Builder, i: number): [x: number, c: number] | undefined => {
  const product = g.made(i, 'mul')
  if (!product) return undefined
  const [a, b] = product.operands as [number, number]
  for (const [x, c] of [
    [a, b],
    [b, a],
  ] as const) {
    const v = g.shape(c).length === 0 ? g.number(c) : undefined
    if (v !== undefined) return [x, v]
  }
  return undefined
}
/** Whether an operand leaves the shape of the other one as it is. */
const neutral = (g: Builder, i: number, n: number, x: number, shape: Shape): boolean =>
  sameSizes(g.shape(x), shape) && g.number(i) === n

/** Whether an order of axes swaps the last two and leaves the others. */
const transposes = (axes: readonly number[]): boolean =>
  axes.length >= 2 && axes.every((a, i) => a === (i < axes.length - 2 ? i : 2 * axes.length - 3 - i))

const rules: Partial<Record<PrimitiveName, Rule>> = {
  add: first((g, { operands: [a, b], shape, scope }) => {
    for (const [x, y] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      if (neutral(g, y, 0, x, shape)) return x
      const negative = scaled(g, y)
      if (negative?.[1] === -1) return g.make('sub', {}, [x, negative[0]], scope)
    }
    return undefined
  }, unrepeated('add')),
  sub: first((g, { operands: [a, b], shape, scope }) => {
    if (neutral(g, b!, 0, a!, shape)) return a
    const negative = scaled(g, b!)
    return negative?.[1] === -1 ? g.make('add', {}, [a!, negative[0]], scope) : undefined
  }, unrepeated('sub')),
  mul: first((g, { operands: [a, b], shape, scope }) => {
    for (const [x, c] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      if (neutral(g, c, 1, x, shape)) return x
      const [v, inner] = [g.shape(c).length === 0 ? g.number(c) : undefined, scaled(g, x)]
      if (v !== undefined && inner) return g.make('mul', {}, [inner[0], g.scalar(v * inner[1])], scope)
    }
    return undefined
  }, unrepeated('mul')),
  // One division for a row instead of one for each of its elements.
  div: first(unrepeated('div'), (g, { operands: [a, b], scope }) => {
    const inverse = sizeOf(g.shape(b!)) < sizeOf(g.shape(a!)) && g.number(a!) !== 1
    return inverse ? g.make('mul', {}, [a!, g.make('div', {}, [g.scalar(1), b!], scope)], scope) : undefined
  }),
  reshape: (g, { operands: [x], shape, scope }) => {
    if (sameSizes(g.shape(x!), shape)) return x
    const before = g.made(x!, 'reshape')
    return before && g.make('reshape', { shape }, before.operands, scope)
  },
  permute: (g, { params, operands: [x], shape, scope }) => {
    const { axes } = params as { axes: readonly number[] }
    // (A·B)ᵀ = Bᵀ·Aᵀ: a product takes transposed operands as they lie, and its result is not moved.
    const product = g.made(x!, 'matmul')
    if (product && transposes(axes)) {
      const [a, b] = product.operands as [number, number]
      const ranks = [a, b].map(i => g.shape(i).length)
      if (ranks.every(rank => rank === axes.length)) {
        const [bT, aT] = [b, a].map(i => g.make('permute', { axes }, [i], scope)) as [number, number]
        return g.make('matmul', {}, [bT, aT], scope)
      }
    }
    const before = g.made(x!, 'permute')
    if (before) {
      const inner = (before.params as { axes: readonly number[] }).axes
      return g.make('permute', { axes: axes.map(a => inner[a]!) }, before.operands, scope)
    }
    // Where the axes that are not of size 1 keep their order, nothing moves.
    const long = axes.filter(a => g.shape(x!)[a] !== 1)
    return long.every((a, k) => k === 0 || long[k - 1]! < a) ? g.make('reshape', { shape }, [x!], scope) : undefined
  },
  broadcastTo: (g, { operands: [x], shape }) => (sameSizes(g.shape(x!), shape) ? x : undefined),
  concat: (_, { operands }) => (operands.length === 1 ? operands[0] : undefined),
  sum: (_, { params, operands }) =>
    (params as { axes: readonly number[] }).axes.length === 0 ? operands[0] : undefined,
}

/** The GELUs whose derivative is in the graph too: both need erf(x/√2), which is then worth making once. */
const sharedGelus = ({ nodes }: Graph): Set<Node> => {
  const erfs = new Set<number>()
  for (const n of nodes) {
    if (n.kind !== 'operation' || n.primitive.name !== 'erf') continue
    const scaling = nodes[n.operands[0]!]!
    if (scaling.kind === 'operation' && scaling.primitive.name === 'mul') erfs.add(scaling.operands[0]!)
  }
  const shared = (n: Node): boolean => n.kind === 'operation' && n.primitive.name === 'gelu' && erfs.has(n.operands[0]!)
  return new Set(nodes.filter(shared))
}
/** With u = x/√2, u·(1 + erf u)/√2, in the operations that the derivative uses. */
const expandedGelu = (g: Builder, x: number, scope: readonly string[]): number => {
  const u = g.make('mul', {}, [x, g.scalar(Math.SQRT1_2)], scope)
  const twice = g.make('add', {}, [g.make('erf', {}, [u], scope), g.scalar(1)], scope)
  return g.make('mul', {}, [g.make('mul', {}, [u, twice], scope), g.scalar(Math.SQRT1_2)], scope)
}

/** The graph with common subexpressions made once, repeats left to the operations that repeat by themselves, views of views as
 *  one, scales of scales as one, and divisions by row statistics as products. Results agree to rounding. */
export const simplify = (graph: Graph): Graph => {
  const builder = new Builder(graph.dtype)
  const shared = sharedGelus(graph)
  const moved: number[] = []
  for (const n of graph.nodes) {
    if (n.kind !== 'operation') moved.push(builder.leaf(n))
    else {
      const operands = n.operands.map(i => moved[i]!)
      moved.push(
        shared.has(n)
          ? expandedGelu(builder, operands[0]!, n.scope)
          : builder.make(n.primitive.name as PrimitiveName, n.params, operands, n.scope),
      )
    }
  }
  return prune({ ...graph, nodes: builder.nodes, outputs: graph.outputs.map(o => moved[o]!) })
}
