/** A graph as an ONNX model: each node as its primitive says, named after its equation, inputs by their paths. */
import { type Shape, sizeOf, type Tensor, uniform, UserError } from '../../tensor'
import type { Graph, OnnxInput, OnnxNode, OperationNode } from '../../trace'
import { attribute, recorder } from './parts'
import { type ModelProto, type NodeProto, types, type ValueInfoProto } from './schema'

/** The newest opset and file version that the checker of Debian 12 knows; every current runtime reads them. */
const OPSET = 17
const IR_VERSION = 8

/** What a model has besides its graph. */
export interface EmitOptions {
  /** The names of the outputs; 'output.0' … without them. */
  readonly outputs?: readonly string[]
  /** Values for some of the inputs, by name: they are stored in the model. */
  readonly weights?: ReadonlyMap<string, Tensor>
  /** The same function traced with another batch: dimensions that differ are then multiples of B, which the model leaves
   *  open; B is the first dimension of the input of that name. */
  readonly batch?: { readonly input: string; readonly other: Graph }
  /** What describes an equation, from its title; by default the title itself. */
  readonly describe?: (title: string) => string
  /** What describes the model. */
  readonly title?: string
}

/** 'Transformer block, Sec. 3.1, Eqs. (5), (6)' -> 'Transformer block'. */
const short = (title: string): string => title.split(',')[0]!

/** The factor k of a size that is k·B for the batches of two traces. Throws UserError for any other dependence. */
const factorOf = (size: number, other: number, B: readonly [number, number]): number => {
  const k = size / B[0]
  if (!Number.isInteger(k) || other !== k * B[1])
    throw new UserError(
      `export: every size must be a multiple of the batch or independent of it, got ${size} for ${B[0]} and ${other} for ${B[1]}`,
    )
  return k
}

/** The model of a graph. Throws UserError where a size depends on the batch otherwise than as a multiple, DTypeError for weights
 *  of another type than the graph's. */
export const emit = (graph: Graph, options: EmitOptions = {}): ModelProto => {
  const { weights, batch, describe = t => t } = options
  const { dtype } = graph
  const parts = recorder(dtype)
  const other = batch?.other ?? graph
  const first = (g: Graph): number => g.nodes.find(n => n.kind === 'input' && n.name === batch?.input)?.shape[0] ?? 1
  const B = [first(graph), first(other)] as const

  const push = (
    node: Omit<NodeProto, 'attribute' | 'output'>,
    attributes: OnnxNode['attributes'] = {},
    output = node.name,
  ): string => {
    const attributeList = Object.entries(attributes).map(([k, v]) => attribute(dtype, k, v))
    parts.nodes.push({ ...node, output: [output], attribute: attributeList })
    return output
  }
  const openBatch = (): string =>
    parts.nodes.some(n => n.name === 'B')
      ? 'B'
      : push({ name: 'B', opType: 'Shape', input: [batch!.input] }, { start: 0, end: 1 })

  /** A list of whole numbers, some of which are multiples of the batch. */
  const list = (op: string, values: readonly number[], twin: readonly number[]): string => {
    const open = values.flatMap((v, i) => (v === twin[i] ? [] : [i]))
    if (open.length === 0) return parts.ints(values)
    if (op === 'Reshape' && open.length === 1) return parts.ints(values.map((v, i) => (i === open[0] ? -1 : v)))
    const name = `ints_${values.map((v, i) => (v === twin[i] ? v : `${factorOf(v, twin[i]!, B)}B`)).join('_')}`
    if (parts.nodes.some(n => n.name === name)) return name
    const pieces = values.map((v, i) => {
      if (v === twin[i]) return parts.ints([v])
      const k = factorOf(v, twin[i]!, B)
      if (k === 1) return openBatch()
      const product = `${k}B`
      return parts.nodes.some(n => n.name === product)
        ? product
        : push({ name: product, opType: 'Mul', input: [openBatch(), parts.ints([k])] })
    })
    return push({ name, opType: 'Concat', input: pieces }, { axis: 0 })
  }

  /** A result after the first of a node that is there. */
  const furtherOutput = ({ op, output }: OnnxNode, input: readonly string[]): string => {
    const same = (n: NodeProto): boolean => n.opType === op && n.input.join() === input.join()
    const at = parts.nodes.findIndex(same)
    const node = parts.nodes[at]!
    const names = Array.from({ length: output! + 1 }, (_, k) => node.output[k] ?? `${node.name}:${k}`)
    parts.nodes[at] = { ...node, output: [...names, ...node.output.slice(names.length)] }
    return names[output!]!
  }

  const outputName = (k: number): string => options.outputs?.[k] ?? `output.${k}`
  const values: string[] = []
  const operation = (n: OperationNode, twin: OperationNode, i: number): string => {
    const name = [...n.scope.map(short), `${n.primitive.name}_${i}`].join('/')
    const k = graph.outputs.indexOf(i)
    const result = k < 0 ? name : outputName(k)
    const docString = n.scope.length ? describe(n.scope.at(-1)!) : ''
    const done = new Map<OnnxInput, string>()
    const visit = (e: OnnxInput, t: OnnxInput, op: string): string => {
      if (typeof e === 'number') return values[n.operands[e]!]!
      if ('ints' in e) return list(op, e.ints, (t as typeof e).ints)
      if ('scalar' in e) return parts.scalar(e.scalar)
      const before = done.get(e)
      if (before !== undefined) return before
      const given = e.inputs ?? [...n.operands.keys()]
      const twins = (t as OnnxNode).inputs ?? given
      const input = given.map((x, k) => visit(x, twins[k]!, e.op))
      const further = e.output ? furtherOutput(e, input) : undefined
      const node = { opType: e.op, input, docString, ...(e.domain === undefined ? {} : { domain: e.domain }) }
      const made =
        further ??
        (e === root
          ? push({ name, ...node }, e.attributes, result)
          : push({ name: `${name}.${done.size}`, ...node }, e.attributes))
      done.set(e, made)
      return made
    }
    const shapes = (g: Graph, of: OperationNode): Shape[] => of.operands.map(j => g.nodes[j]!.shape)
    const root = n.primitive.onnx(n.params, ...shapes(graph, n))
    return visit(root, twin === n ? root : n.primitive.onnx(twin.params, ...shapes(other, twin)), '')
  }

  const constant = (x: Tensor, i: number): string => {
    if (x.shape.length === 0) return parts.scalar(x.get())
    // Zeros around a slice's gradient and their like: one number, not megabytes.
    const value = sizeOf(x.shape) > 64 ? uniform(x) : undefined
    if (value === undefined) return parts.tensor(`constant_${i}`, x)
    return push({ name: `constant_${i}`, opType: 'Expand', input: [parts.scalar(value), parts.ints(x.shape)] })
  }

  const described = (name: string, shape: Shape, twin: Shape): ValueInfoProto => {
    const dim = shape.map((size, i) => {
      if (size === twin[i]) return { dimValue: size }
      const k = factorOf(size, twin[i]!, B)
      return { dimParam: k === 1 ? 'B' : `${k}*B` }
    })
    return { name, type: { tensorType: { elemType: types[dtype], shape: { dim } } } }
  }
  const inputs: ValueInfoProto[] = []
  graph.nodes.forEach((n, i) => {
    const twin = other.nodes[i]!
    if (n.kind === 'constant') {
      if (sizeOf(n.shape) !== sizeOf(twin.shape))
        throw new UserError('export: constants must be independent of the batch, got one whose size depends on it')
      values.push(constant(n.value, i))
    } else if (n.kind === 'operation') values.push(operation(n, twin as OperationNode, i))
    else {
      const name = n.name || 'input' // a lone tensor has the empty path
      const value = weights?.get(n.name)
      if (value) parts.tensor(name, value)
      else inputs.push(described(name, n.shape, twin.shape))
      values.push(name)
    }
  })
  const outputs = graph.outputs.map((o, k) => {
    const { kind, shape } = graph.nodes[o]!
    // A node's result is the output itself; inputs and constants, and what is an output already, are copied.
    const made = kind === 'operation' && graph.outputs.indexOf(o) === k
    if (!made) push({ name: outputName(k), opType: 'Identity', input: [values[o]!] })
    return described(outputName(k), shape, other.nodes[other.outputs[k]!]!.shape)
  })
  const domains = [...new Set(parts.nodes.map(({ domain }) => domain))]
  return {
    irVersion: IR_VERSION,
    producerName: 'cstransformer',
    ...(options.title === undefined ? {} : { docString: options.title }),
    opsetImport: [
      { domain: '', version: OPSET },
      ...domains.filter(d => d !== undefined).map(domain => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'cstransformer',
      node: parts.nodes,
      initializer: [...parts.initializers.values()],
      input: inputs,
      output: outputs,
    },
  }
}
