/** What a trace records: a list of nodes, each made from earlier ones. */
import type { DType, Shape, Tensor } from '../tensor'

/** An ONNX node as plain data, in opset 17: the newest that both the checker of Debian 12 and every current runtime take. */
export interface OnnxNode {
  readonly op: string
  /** Whose operation it is, where it is not ONNX's own. */
  readonly domain?: string
  /** All operands in order, where left out. A node that stands twice is one node. */
  readonly inputs?: readonly OnnxInput[]
  /** Whole numbers and lists of them; `{ float }` is a real number, and 'dtype' the graph's element type. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | { readonly float: number } | 'dtype'>>
  /** Which of the node's results it stands for: the first, 0, where left out. Nodes that differ in this alone are one. */
  readonly output?: number
}
/** An operand by its position, a list of whole numbers, a constant of the graph's element type, or what a node makes. */
export type OnnxInput = number | { readonly ints: readonly number[] } | { readonly scalar: number } | OnnxNode

/** Where the elements of a tensor lie in a flat array: at offset + Σ strideₖ·indexₖ. */
export interface Strided {
  readonly shape: Shape
  readonly stride: readonly number[]
  readonly offset: number
}

/** A running value s over elements x, as source: the sum of all x is `{ start: '0.0', step: 's + x' }`. */
export interface Fold {
  /** s before the first element; `x` is the first element. */
  readonly start: string
  /** s after the element x. */
  readonly step: string
  /** x, from the operands' elements x0, x1, …; x0 where left out. */
  readonly of?: string
  /** What is made of s at the end, where `n` is the number of elements. */
  readonly end?: string
}

/** Each element of the result as an expression in x0, x1, …, the operands' elements there; sizes of 1 repeat. */
export interface EachKernel {
  readonly each: string
  /** Names for what the expression, and later names, use more than once. */
  readonly where?: Readonly<Record<string, string>>
  /** Names for what is folded over the last dimension first: one number for each row. Later folds may use earlier ones. */
  readonly rows?: Readonly<Record<string, Fold>>
}

/** How the engine `gpu` computes an operation, by gpu.js or by kernels of our own: plain data and strings of source, whose
 *  numbers are floats (`1.0`). Shapes, indexes and loops are the engine's. */
export type Kernel =
  | EachKernel
  /** Each element over axes of the operand, which stay with size 1. */
  | { readonly fold: Fold; readonly axes: readonly number[] }
  /** A row of the first operand with a column of the second, batched: a fold of x0 and x1. */
  | { readonly product: Fold }
  /** Nothing is computed: the elements lie where they lay. Undefined where no strides say so. */
  | { readonly view: (x: Strided) => Strided | undefined }
  /** The operands one after another along an axis. */
  | { readonly join: number }

/** Everything the library knows about one operation; one file in `lib/primitives` each. A field that is added here is one
 *  that the compiler then misses in every file. */
export interface Primitive<P extends object = object> {
  readonly name: string
  /** The shape of the result. Throws ShapeError when the operands do not fit. */
  readonly shape: (p: P, ...xs: Shape[]) => number[]
  /** The reference: what the operation means, on ndarrays. It writes to no operand; its result may be a view of one. */
  readonly reference: (p: P, ...xs: Tensor[]) => Tensor
  /** The vector-Jacobian product, written in primitives: from the cotangent of the result `y` to those of the operands
   *  `xs` (null: it has none). */
  readonly vjp: (p: P, cotangent: Tensor, y: Tensor, ...xs: Tensor[]) => (Tensor | null)[]
  /** Floating-point operations, a multiply-add counted as two. */
  readonly flops: (p: P, y: Shape, ...xs: Shape[]) => number
  /** The ONNX node that computes it, from the shapes of the operands. */
  readonly onnx: (p: P, ...xs: Shape[]) => OnnxNode
  /** What a kernel of the engine `gpu` computes. */
  readonly kernel: (p: P) => Kernel
}

interface Base {
  readonly shape: Shape
}
/** A tensor that is given when the graph runs; its name is its path in the arguments. */
export interface InputNode extends Base {
  readonly kind: 'input'
  readonly name: string
}
/** A tensor that was there when the graph was recorded. */
export interface ConstantNode extends Base {
  readonly kind: 'constant'
  readonly value: Tensor
}
/** An operation on earlier nodes; its scope is the path of equations it was recorded in. */
export interface OperationNode extends Base {
  readonly kind: 'operation'
  readonly primitive: Primitive
  readonly params: object
  readonly operands: readonly number[]
  readonly scope: readonly string[]
}
export type Node = InputNode | ConstantNode | OperationNode

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
