/** Record or run: the same function computes on ndarrays and records a graph on tracers. */
export {
  lastUses,
  prune,
  show,
  type EachKernel,
  type Fold,
  type Graph,
  type InputNode,
  type Kernel,
  type Node,
  type OnnxInput,
  type OnnxNode,
  type OperationNode,
  type Primitive,
  type Strided,
} from './graph'
export { abstract, apply, TracedValueError, within } from './tracer'
export { evaluateNodes, trace, type Traced } from './trace'
export { entries, leaves, mapTree, rebuild } from './tree'
export { type Call, callsIn } from './calls'
export { type Described, type Equation, equation, typed } from './equation'
