/** Numbers that scale whole tensors, as part of the matrix products around them: there they cost nothing. */
import { type Shape, sizeOf } from '../../tensor'
import { add, matmul, mul, permute, reshape, scale, sum } from '../../primitives'
import type { Graph, OnnxNode } from '../../trace'
import { Nodes, readersOf, rewrite } from '../../transforms/rewrite'
import { engineNode } from './own'

/** c·X·W + b for a tensor X, a matrix W, a vector b and a number c. */
const linear = engineNode<{ readonly c: number }>('linear', {
  shape: (_, x, w) => [...x.slice(0, -1), w[1]!],
  reference: ({ c }, x, w, b) => add(scale(matmul(x, w), c), b),
  onnx: ({ c }, x, [K, N]: Shape) => {
    const rows: OnnxNode = { op: 'Reshape', inputs: [0, { ints: [sizeOf(x.slice(0, -1)), K!] }] }
    const product: OnnxNode = { op: 'Gemm', inputs: [rows, 1, 2], attributes: { alpha: { float: c } } }
    return { op: 'Reshape', inputs: [product, { ints: [...x.slice(0, -1), N!] }] }
  },
})

/** The graph with scales moved along: c·(X·W + b) becomes (c·X)·W + c·b, and what products and sums alone read is scaled
 *  after them, where the result is no larger, or in them. */
export const moveScales = (graph: Graph): Graph => {
  const old = new Nodes(graph.nodes)
  const readers = readersOf(graph)
  const shape = (i: number): Shape => old.shape(i)
  const isView = (i: number): boolean => !!(old.made(i, reshape) ?? old.made(i, permute))

  /** x and c, where a node is c·x. */
  const scaled = (i: number): { x: number; c: number } | undefined => {
    const product = old.made(i, mul)
    if (!product) return undefined
    const [a, b] = product.operands as [number, number]
    const [x, c] = shape(b).length === 0 ? [a, old.scalar(b)] : [b, old.scalar(a)]
    return c === undefined || sizeOf(shape(x)) === 1 || old.made(x, sum) ? undefined : { x, c }
  }
  /** X, W and b, where a node is X·W + b and nothing else reads the product. */
  const affine = (i: number): readonly [number, number, number] | undefined => {
    const [product, b] = old.made(i, add)?.operands ?? []
    const { operands } = old.made(product, matmul) ?? {}
    if (!operands || b === undefined || shape(b).length !== 1 || readers(product!)?.length !== 1) return undefined
    const [X, W] = operands as [number, number]
    return shape(W).length === 2 && shape(b)[0] === shape(W)[1] ? [X, W, b] : undefined
  }
  /** Whether products and sums with no larger results are all that reads a node, or views of it. */
  const readByProducts = (i: number): boolean =>
    !!readers(i)?.every(j => {
      if (isView(j)) return readByProducts(j)
      return !!(old.made(j, matmul) ?? old.made(j, sum)) && sizeOf(shape(j)) <= sizeOf(shape(i))
    })

  /** The factors that nodes of the new graph still lack, by the nodes of the old one. */
  const due = new Map<number, number>()
  const dueOf = (operands: readonly number[]): number => operands.reduce((c, j) => c * (due.get(j) ?? 1), 1)
  return rewrite(graph, g => (n, i) => {
    const by = (x: number, c: number): number => g.make(mul, {}, [x, g.constant(c)], n.scope)
    const s = scaled(i)
    if (s && readByProducts(i)) {
      due.set(i, s.c * dueOf([s.x]))
      return g.moved[s.x]
    }
    const inner = s && readers(s.x)?.length === 1 ? affine(s.x) : undefined
    if (s && inner) {
      const [X, W, b] = inner
      return g.make(linear, { c: s.c * dueOf([X, W]) }, [...g.at([X, W]), by(g.moved[b]!, s.c)], n.scope)
    }
    const outer = affine(i)
    const dueInside = outer ? dueOf(outer.slice(0, 2)) : 1
    if (outer && dueInside !== 1) return g.make(linear, { c: dueInside }, g.at(outer), n.scope)
    const c = dueOf(n.operands)
    if (c === 1) return undefined
    const unscaled = g.make(n, n.params, g.at(n.operands), n.scope)
    if (!isView(i)) return by(unscaled, c)
    due.set(i, c)
    return unscaled
  })
}
