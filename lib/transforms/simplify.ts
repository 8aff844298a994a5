/** A graph with fewer nodes and the same results, to rounding, for engines that run node by node. */
import { strict } from '../tensor/given'
import { graph } from '../trace/kinds'
import { broadcast, sameSizes, type Shape, sizeOf } from '../tensor'
import { add, broadcastTo, concat, div, matmul, mul, permute, reshape, slice, sub, sum } from '../primitives'
import type { Graph, Node, OperationNode } from '../trace'
import { type Become, type Making, on, remake, rewrite, type Rule } from './rewrite'

/** Operands before they were repeated, where the operation repeats them itself. */
const unrepeated: Rule = (g, { primitive, params, operands, shape, scope }) => {
  for (const [k, i] of operands.entries()) {
    const source = g.made(i, broadcastTo)?.operands[0]
    if (source === undefined) continue
    const others = operands.map((j, at) => (at === k ? source : j))
    const [a, b] = others.map(j => g.shape(j)) as [Shape, Shape]
    const both = broadcast(a, b)
    if (both && sameSizes(both, shape)) return g.make({ primitive }, params, others, scope)
  }
  return undefined
}

/** Two operands, each as the first. */
const bothWays = (operands: readonly number[]): readonly (readonly [number, number])[] => {
  const [a, b] = operands as [number, number]
  return [
    [a, b],
    [b, a],
  ]
}

/** x and c of c·x. */
const scaled = (g: Making, i: number): [x: number, c: number] | undefined => {
  const product = g.made(i, mul)
  for (const [x, c] of product ? bothWays(product.operands) : []) {
    const v = g.scalar(c)
    if (v !== undefined) return [x, v]
  }
  return undefined
}
/** Whether an operand is n everywhere, and leaves the shape of the other one as it is. */
const neutral = (g: Making, i: number, n: number, x: number, shape: Shape): boolean =>
  sameSizes(g.shape(x), shape) && g.number(i) === n

/** Whether an order of axes swaps the last two and leaves the others. */
const transposes = (axes: readonly number[]): boolean =>
  axes.length >= 2 && axes.every((a, i) => a === (i < axes.length - 2 ? i : 2 * axes.length - 3 - i))

const rules: readonly Rule[] = [
  on(add, (g, { operands, shape, scope }) => {
    for (const [x, y] of bothWays(operands)) {
      if (neutral(g, y, 0, x, shape)) return x
      const negative = scaled(g, y)
      if (negative?.[1] === -1) return g.make(sub, {}, [x, negative[0]], scope)
    }
    return undefined
  }),
  on(sub, (g, { operands: [a, b], shape, scope }) => {
    if (neutral(g, b!, 0, a!, shape)) return a
    const negative = scaled(g, b!)
    return negative?.[1] === -1 ? g.make(add, {}, [a!, negative[0]], scope) : undefined
  }),
  on(mul, (g, { operands, shape, scope }) => {
    for (const [x, c] of bothWays(operands)) {
      if (neutral(g, c, 1, x, shape)) return x
      const [v, inner] = [g.scalar(c), scaled(g, x)]
      if (v !== undefined && inner) return g.make(mul, {}, [inner[0], g.constant(v * inner[1])], scope)
    }
    return undefined
  }),
  ...[add, sub, mul, div].map(of => on(of, unrepeated)),
  // One division for a row instead of one for each of its elements.
  on(div, (g, { operands: [a, b], scope }) => {
    const inverse = sizeOf(g.shape(b!)) < sizeOf(g.shape(a!)) && g.number(a!) !== 1
    return inverse ? g.make(mul, {}, [a!, g.make(div, {}, [g.constant(1), b!], scope)], scope) : undefined
  }),
  on(reshape, (g, { operands: [x], shape, scope }) => {
    if (sameSizes(g.shape(x!), shape)) return x
    const before = g.made(x, reshape)
    return before && g.make(reshape, { shape }, before.operands, scope)
  }),
  on(permute, (g, { params: { axes }, operands: [x], shape, scope }) => {
    // (A·B)ᵀ = Bᵀ·Aᵀ: a product takes transposed operands as they lie, and its result is not moved.
    const [a, b] = g.made(x, matmul)?.operands ?? []
    if (a !== undefined && b !== undefined && transposes(axes)) {
      const turned = (i: number): number => g.make(permute, { axes }, [i], scope)
      if ([a, b].every(i => g.shape(i).length === axes.length)) return g.make(matmul, {}, [turned(b), turned(a)], scope)
    }
    const before = g.made(x, permute)
    if (before) return g.make(permute, { axes: axes.map(a => before.params.axes[a]!) }, before.operands, scope)
    // Where the axes that are not of size 1 keep their order, nothing moves.
    const long = axes.filter(a => g.shape(x!)[a] !== 1)
    return long.every((a, k) => k === 0 || long[k - 1]! < a) ? g.make(reshape, { shape }, [x!], scope) : undefined
  }),
  // What is taken from one of the tensors that were joined, as gradients take it: from that one.
  on(slice, (g, { params: { axis, from, to }, operands: [x], shape, scope }) => {
    if (sameSizes(g.shape(x!), shape)) return x
    const joined = g.made(x, concat)
    if (joined?.params.axis !== axis) return undefined
    let start = 0
    for (const part of joined.operands) {
      const end = start + g.shape(part)[axis]!
      if (from >= start && to <= end) return g.make(slice, { axis, from: from - start, to: to - start }, [part], scope)
      start = end
    }
    return undefined
  }),
  on(broadcastTo, (g, { operands: [x], shape }) => (sameSizes(g.shape(x!), shape) ? x : undefined)),
  on(concat, (_, { operands }) => (operands.length === 1 ? operands[0] : undefined)),
  on(sum, (_, { params: { axes }, operands }) => (axes.length === 0 ? operands[0] : undefined)),
]

/** An operation's expansion, on what its operands have become. */
const expanded = (g: Making, { primitive, params, operands, scope }: OperationNode) =>
  primitive.expansion && g.inline((...xs) => primitive.expansion!(params, ...xs), g.at(operands), scope)

/** The operations whose expansion has an operation that the graph needs anyway, and that costs more than the others: GELUs
 *  beside their derivative, for which erf(x/√2) is then computed once. */
const worthExpanding = (graph: Graph): ReadonlySet<OperationNode> => {
  const costliest = new Map<OperationNode, number>()
  const expandAll =
    (g: Making): Become =>
    n => {
      const all = expanded(g, n)
      if (all)
        costliest.set(
          n,
          all.made.reduce((a, b) => (g.flops(b) > g.flops(a) ? b : a)),
        )
      return all?.result
    }
  const { moved } = remake(graph, expandAll, rules)
  const plain = (n: Node): boolean => n.kind === 'operation' && !costliest.has(n)
  const needed = new Set(graph.nodes.flatMap((n, i) => (plain(n) ? [moved[i]!] : [])))
  return new Set([...costliest].flatMap(([n, i]) => (needed.has(i) ? [n] : [])))
}

/** The graph with common subexpressions made once, repeats left to the operations that repeat by themselves, views of views as
 *  one, scales of scales as one, and divisions by row statistics as products. Results agree to rounding. */
export const simplify = strict('simplify', { graph }, (graph: Graph): Graph => {
  const expandable = graph.nodes.some(n => n.kind === 'operation' && n.primitive.expansion)
  const worth = expandable ? worthExpanding(graph) : new Set()
  return rewrite(graph, g => n => (worth.has(n) ? expanded(g, n)?.result : undefined), rules)
})
