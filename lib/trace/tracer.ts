/** Record or run: the one entry point of every operation, and the stand-ins that make it record. */
import type { NdArray } from 'ndarray'
import {
  checkedShape,
  type DType,
  DTypeError,
  heading,
  INSPECT,
  must,
  type Ranked,
  type Real,
  type Shape,
  sizeOf,
  type Tensor,
  UserError,
} from '../tensor'
import { checkSizes, typeOfOperand } from './checks'
import type { Node } from './graph'
import type { Primitive } from './primitive'

/** An element of a traced tensor was read. Only shapes are known while tracing. */
export class TracedValueError extends UserError {
  override name = 'TracedValueError'
}

// The equations that are being evaluated, outermost first. It only names the nodes that are recorded.
let scope: readonly string[] = []

/** Evaluates `f` inside an equation: nodes recorded meanwhile carry its name. */
export const within = <R>(names: readonly string[], f: () => R): R => {
  const outer = scope
  scope = [...outer, ...names]
  try {
    return f()
  } finally {
    scope = outer
  }
}

/** A recording in progress. Recordings nest (a gradient inside a traced function): the innermost one records. */
export class Recorder {
  private static count = 0
  readonly depth = ++Recorder.count
  /** How many equations surround the recording: its nodes carry only those inside it. */
  readonly outside = scope.length
  readonly nodes: Node[] = []
  constructor(readonly dtype: DType) {}
  add(node: Node): Tracer {
    return new Tracer(this, this.nodes.push(node) - 1, node.shape)
  }
  /** The node of a tensor: its own, or a new constant for one that this recording did not make. */
  node(x: Tensor): number {
    return x instanceof Tracer && x.recorder === this
      ? x.id
      : this.add({ kind: 'constant', shape: [...x.shape], value: x }).id
  }
}

const unknown = (what: string): never => {
  throw new TracedValueError(
    `${what} reads the elements of a traced tensor, but only its shape is known: use a primitive`,
  )
}

/** A tensor with a shape and no elements. It has the interface of an ndarray; whatever needs elements throws. */
export class Tracer implements NdArray<Real> {
  readonly shape: number[]
  constructor(
    readonly recorder: Recorder,
    readonly id: number,
    shape: Shape,
  ) {
    this.shape = [...shape]
  }
  get dtype(): DType {
    return this.recorder.dtype
  }
  get size(): number {
    return sizeOf(this.shape)
  }
  get dimension(): number {
    return this.shape.length
  }
  get data(): Real {
    return unknown('.data')
  }
  get stride(): number[] {
    return unknown('.stride')
  }
  get offset(): number {
    return unknown('.offset')
  }
  get order(): number[] {
    return unknown('.order')
  }
  get T(): NdArray<Real> {
    return unknown('.T')
  }
  get(): number {
    return unknown('.get()')
  }
  set(): number {
    return unknown('.set()')
  }
  index(): number {
    return unknown('.index()')
  }
  lo(): NdArray<Real> {
    return unknown('.lo()')
  }
  hi(): NdArray<Real> {
    return unknown('.hi()')
  }
  step(): NdArray<Real> {
    return unknown('.step()')
  }
  transpose(): NdArray<Real> {
    return unknown('.transpose()')
  }
  pick(): NdArray<Real> {
    return unknown('.pick()')
  }
  toString(): string {
    return `${heading(this)}, traced: only its shape is known`
  }
  [INSPECT](): string {
    return this.toString()
  }
}

/** Whether a tensor has a shape alone: in a graph that is recorded within another recording, constants may be of that one. */
export const isTraced = (x: Tensor): boolean => x instanceof Tracer

/** A stand-in with a shape and no storage, to trace with: a 300 GFLOP model without its 400 MB of weights. */
export const abstract = <const S extends Shape>(shape: S, dtype: DType = 'float32'): Tensor<Ranked<S>> =>
  new Tracer(new Recorder(checkedType(dtype)), -1, checkedShape('abstract', shape))

const checkedType = (dtype: DType): DType => {
  must('abstract: the type', "'float32' or 'float64'", dtype, dtype === 'float32' || dtype === 'float64')
  return dtype
}

/** Applies a primitive: runs its reference on ndarrays, or records a node where an operand is a tracer.
 *  Throws ShapeError for an operand that is no tensor and where operands do not fit, DTypeError where they are not floats of one
 *  type. */
export const apply = <P extends object>(primitive: Primitive<P>, params: NoInfer<P>, ...xs: Tensor[]): Tensor => {
  must(
    'apply: the primitive',
    'a primitive',
    primitive,
    typeof primitive?.shape === 'function' && typeof params === 'object' && params !== null,
  )
  const dtypes = new Set(xs.map((x, i) => typeOfOperand(primitive.name, i, x)))
  if (dtypes.size > 1)
    throw new DTypeError(`${primitive.name}: the operands must be of one type, got ${[...dtypes].join(' and ')}`)
  xs.forEach((x, i) => checkSizes(primitive.name, i, x.shape))
  const shape = primitive.shape(params, ...xs.map(x => x.shape))
  checkSizes(primitive.name, undefined, shape)
  // Tracers of outer recordings are constants of the inner one, so that grad(grad(f)) needs no special case.
  const recorders = xs.flatMap(x => (x instanceof Tracer ? [x.recorder] : []))
  if (recorders.length === 0) return primitive.reference(params, ...xs)
  const recorder = recorders.reduce((a, b) => (b.depth > a.depth ? b : a))
  const operands = xs.map(x => recorder.node(x))
  return recorder.add({ kind: 'operation', primitive, params, operands, shape, scope: scope.slice(recorder.outside) })
}
