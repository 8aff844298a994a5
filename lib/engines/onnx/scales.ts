/** Numbers that scale whole tensors, as part of the matrix products around them: there they cost nothing. */
import { type Shape, sizeOf } from '../../tensor'
import { add, matmul, type PrimitiveName, scale } from '../../primitives'
import type { Graph, OnnxNode, OperationNode } from '../../trace'
import { about, own, rewrite } from './own'

/** c·X·W + b for a tensor X, a matrix W, a vector b and a number c. */
const linear = own<{ readonly c: number }>('linear', {
  shape: (_, x, w) => [...x.slice(0, -1), w[1]!],
  reference: ({ c }, x, w, b) => add(scale(matmul(x, w), c), b),
  onnx: ({ c }, x, [K, N]: Shape) => {
    const rows: OnnxNode = { op: 'Reshape', inputs: [0, { ints: [sizeOf(x.slice(0, -1)), K!] }] }
    const product: OnnxNode = { op: 'Gemm', inputs: [rows, 1, 2], attributes: { alpha: { float: c } } }
    return { op: 'Reshape', inputs: [product, { ints: [...x.slice(0, -1), N!] }] }
  },
})

const views = ['reshape', 'permute']

/** The graph with scales moved along: c·(X·W + b) becomes (c·X)·W + c·b, and what products and sums alone read is scaled
 *  after them, where the result is no larger, or in them. */
export const moveScales = (graph: Graph): Graph => {
  const { nodes } = graph
  const { made, number, users, uses } = about(graph)
  const shape = (i: number): Shape => nodes[i]!.shape

  /** x and c, where a node is c·x. */
  const scaled = (n: OperationNode): { x: number; c: number } | undefined => {
    if (n.primitive.name !== 'mul') return undefined
    const [a, b] = n.operands as [number, number]
    const [x, c] = shape(b).length === 0 ? [a, number(b)] : [b, shape(a).length === 0 ? number(a) : undefined]
    return c === undefined || sizeOf(shape(x)) === 1 || made(x, 'sum') ? undefined : { x, c }
  }
  /** X, W and b, where a node is X·W + b and nothing else reads the product. */
  const affine = (n: OperationNode | undefined): readonly [number, number, number] | undefined => {
    const [product, b] = n?.operands ?? []
    const { operands } = made(product, 'matmul') ?? {}
    if (!operands || b === undefined || shape(b).length !== 1 || users(product!)?.length !== 1) return undefined
    const [X, W] = operands as [number, number]
    return shape(W).length === 2 && shape(b)[0] === shape(W)[1] ? [X, W, b] : undefined
  }
  /** Whether products and sums with no larger results are all that reads a node, or views of it. */
  const readByProducts = (i: number): boolean =>
    !!users(i)?.every(({ primitive: { name }, shape: result }, k) => {
      if (views.includes(name)) return readByProducts(uses(i)[k]!)
      return (name === 'matmul' || name === 'sum') && sizeOf(result) <= sizeOf(shape(i))
    })

  /** What a node of the new graph has still to be multiplied with. */
  const due = new Map<number, number>()
  const dueOf = (operands: readonly number[]): number => operands.reduce((c, j) => c * (due.get(j) ?? 1), 1)
  return rewrite(graph, ({ make, moved, scalar }) => (n, i) => {
    const by = (x: number, c: number): number => make('mul', {}, [x, scalar(c)], n)
    const at = (operands: readonly number[]): number[] => operands.map(j => moved[j]!)
    const s = scaled(n)
    if (s && readByProducts(i)) {
      due.set(i, s.c * dueOf([s.x]))
      return moved[s.x]
    }
    const inner = s && users(s.x)?.length === 1 ? affine(made(s.x, 'add')) : undefined
    if (s && inner) {
      const [X, W, b] = inner
      return make(linear, { c: s.c * dueOf([X, W]) }, [...at([X, W]), by(moved[b]!, s.c)], n)
    }
    const outer = n.primitive.name === 'add' ? affine(n) : undefined
    if (outer && dueOf(outer.slice(0, 2)) !== 1) return make(linear, { c: dueOf(outer.slice(0, 2)) }, at(outer), n)
    const c = dueOf(n.operands)
    if (c === 1) return undefined
    if (!views.includes(n.primitive.name))
      return by(make(n.primitive.name as PrimitiveName, n.params, at(n.operands), n), c)
    due.set(i, c)
    return make(n.primitive.name as PrimitiveName, n.params, at(n.operands), n)
  })
}
