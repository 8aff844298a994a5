/** Recording a function, and running what was recorded. */
import { type DType, DTypeError, dtypeOf, must, type Tensor } from '../tensor'
import { type Graph, type OperationNode, prune } from './graph'
import { apply, Recorder, within } from './tracer'
import { entries, leaves, rebuild } from './tree'

/** A function, recorded. */
export interface Traced<R> {
  readonly graph: Graph
  /** The function's result, its tensors being tracers; `leaves(result)` are the graph's outputs in order. */
  readonly result: R
}

const commonType = (inputs: readonly (readonly [string, Tensor])[]): DType => {
  const types = inputs.map(([, x]) => dtypeOf(x))
  const other = types.findIndex(t => t !== types[0])
  if (other > 0)
    throw new DTypeError(
      `trace: the inputs must be of one type, got ${inputs[0]![0]} of ${types[0]} and ${inputs[other]![0]} of ${types[other]}`,
    )
  return types[0] ?? 'float32'
}

/** Records `f` on the shapes of its arguments and reads no element. The arguments are trees; their tensors become the
 *  graph's inputs, in the order of `leaves(args)`. An input is named by its path; of several arguments, the position of
 *  each stands first: `0.STB.1.W_Q`. Throws DTypeError when their element types differ. */
export const trace = <A extends readonly unknown[], R>(f: (...args: A) => R, ...args: A): Traced<R> => {
  must('trace: f', 'a function', f, typeof f === 'function')
  const inputs = entries(args.length === 1 ? args[0] : args)
  const dtype = commonType(inputs)
  const recorder = new Recorder(dtype)
  const tracers = inputs.map(([name, x]) => recorder.add({ kind: 'input', name, shape: [...x.shape] }))
  const result = f(...rebuild(args, tracers))
  const outputs = leaves(result).map(x => recorder.node(x))
  return { graph: prune({ nodes: recorder.nodes, outputs, dtype }), result }
}

/** What an operation of a graph comes to, from the values of the nodes before it; it runs within the operation's scope. */
export type Compute = (n: OperationNode, i: number, values: readonly Tensor[]) => Tensor
const applied: Compute = ({ primitive, params, operands }, _, values) =>
  apply(primitive, params, ...operands.map(j => values[j]!))

/** Runs a graph node by node through `apply`, so it computes on ndarrays and records on tracers. Returns every value.
 *  @param compute what each operation comes to: what its primitive says where left out */
export const evaluateNodes = (graph: Graph, inputs: readonly Tensor[], compute: Compute = applied): Tensor[] => {
  let next = 0
  const values: Tensor[] = []
  graph.nodes.forEach((n, i) => {
    if (n.kind === 'input') values.push(inputs[next++]!)
    else if (n.kind === 'constant') values.push(n.value)
    else values.push(within(n.scope, () => compute(n, i, values)))
  })
  return values
}
