/** What is known of one operation, and the languages it is said in. */
import { must, type Shape, type Tensor } from '../tensor'
import { strict } from '../tensor/given'

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
  /** There is none: other operations make it. */
  | { readonly made: (...xs: Tensor[]) => Tensor }
  /** Attention or its gradient, a block of scores at a time; where there is no kernel for it, other operations make it. */
  | { readonly attention: AttentionKernel; readonly made: (...xs: Tensor[]) => Tensor }

/** What is computed of queries Q, keys K and values V without a matrix of scores: the output and the logarithm of each row's sum,
 *  `[O, L]`; or of C, L and D besides, the gradients of the queries, or of keys and values, `[∂K, ∂V]`. */
export interface AttentionKernel {
  readonly of: 'output' | 'queries' | 'keys'
  readonly scale: number
}

/** A part of a tensor: the indices from … to−1 of one digit of an axis. An axis of size outer·n·inner is read as [outer, n,
 *  inner], as the position is in B*(1+P); for a whole axis outer and inner are 1. */
export interface Part {
  readonly axis: number
  readonly outer: number
  readonly n: number
  readonly inner: number
  readonly from: number
  readonly to: number
}

/** All that is known of one operation; those of the library are in `lib/primitives`, a file each, and others are made in the
 *  same way. A field that is added here is one that the compiler then misses in every file. */
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
  /** Those of them that are of matrix products, of an operation that has others too. */
  readonly products?: (p: P, y: Shape, ...xs: Shape[]) => number
  /** The ONNX node that computes it, from the shapes of the operands. */
  readonly onnx: (p: P, ...xs: Shape[]) => OnnxNode
  /** What a kernel of the engine `gpu` computes. */
  readonly kernel: (p: P) => Kernel
  /** What a part of the result needs of each operand (null: all of it), or undefined where the operation mixes the
   *  positions of the part's axis. Work that nobody reads is left out by it. */
  readonly needs: (p: P, part: Part, y: Shape, ...xs: Shape[]) => readonly (Part | null)[] | undefined
  /** Which part of its operand the result is, of an operation that does nothing but take one. */
  readonly takes?: (p: P, x: Shape) => Part
  /** The parameters for another shape of the result, where they hold that shape. */
  readonly resized?: (p: P, y: Shape) => P
  /** The same in other primitives: for graphs in which the costliest of these is needed anyway. */
  readonly expansion?: (p: P, ...xs: Tensor[]) => Tensor
}

/** Whatever has a primitive: a function that users call, a node of a graph. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- one of any params
export interface Applies<P extends object = any> {
  readonly primitive: Primitive<P>
}
/** A function that users call, with the primitive that it applies: `sqrt.primitive`. */
export type Operation<F, P extends object = object> = F & Applies<P>
/** Gives a function its primitive, as an equation has its `.signature`. It then refuses more arguments than it takes.
 *  @typeParam P the params of the primitive
 *  @typeParam F the type of the function */
export const operation = <P extends object, F extends (...args: never[]) => unknown>(
  primitive: Primitive<P>,
  f: F,
): Operation<F, P> => {
  must('operation: the primitive', 'a primitive', primitive, typeof primitive?.reference === 'function')
  must('operation: f', 'a function', f, typeof f === 'function')
  return Object.assign(strict(primitive.name, f), { primitive })
}
