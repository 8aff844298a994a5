/** Record or run: the same function computes on ndarrays and records a graph on tracers. */
export {
  type Applies,
  type AttentionKernel,
  type EachKernel,
  type Fold,
  type Kernel,
  type OnnxInput,
  type OnnxNode,
  operation,
  type Operation,
  type Part,
  type Primitive,
  type Strided,
} from './primitive'
export { type Graph, type InputNode, lastUses, type Node, type OperationNode, prune, show } from './graph'
export { checkSizes, describe, operand, typeOfOperand } from './checks'
export { abstract, apply, isTraced, TracedValueError, within } from './tracer'
export { type Compute, evaluateNodes, trace, type Traced } from './trace'
export { entries, joined, leaves, mapTree, parted, rebuild } from './tree'
export { type Call, callsIn } from './calls'
export { type Described, type Equation, equation, typed } from './equation'
