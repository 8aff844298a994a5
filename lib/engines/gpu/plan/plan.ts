/** A graph as a list of steps: chains of elementwise operations and views become one, the rest is stored once. */
import { type Shape, sizeOf, type Tensor } from '../../../tensor'
import type { Graph } from '../../../trace'
import { lower } from '../../../transforms'
import type { Engine, RunFigures } from '../../engine'
import { type Draft, type DraftStep, newDraft, outputArray, stepsOf, store } from './draft'
import { type Expression, whole } from './expression'
import { lowered } from './lowering'

/** A step of a plan: its work, the arrays that it reads and the one that it writes, and those that are read no more after it. */
export interface Step extends DraftStep {
  readonly frees: readonly number[]
}
/** Arrays have numbers: those of the inputs come first, in order. */
export interface Plan {
  readonly constants: ReadonlyMap<number, Tensor>
  readonly steps: readonly Step[]
  readonly outputs: readonly { readonly array: number; readonly shape: Shape }[]
  /** The elements of every array. */
  readonly sizes: readonly number[]
}

/** A plan that is ready to run: a function from the arrays that it is given, by number, to those of its outputs. */
export interface Execute<A> {
  (given: ReadonlyMap<number, A>): Promise<ReadonlyMap<number, A>>
  /** What a run is made of, where the device counts it. */
  readonly figures?: () => RunFigures
}

/** What runs plans: it keeps arrays of a kind of its own. */
export interface Device<A> {
  /** What runs, for people: mode, adapter, threads. */
  readonly description: string
  /** Why it is not a better one, in as many words as there are. */
  readonly passedOver?: readonly string[]
  /** Where its arrays are. */
  readonly holds: Engine['holds']
  /** Bytes that its memory has grown to, where it has one of its own. */
  readonly allocated?: () => number
  /** Whether it has kernels for attention that keep no scores. */
  readonly attention: boolean
  readonly compile: (plan: Plan) => Promise<Execute<A>> | Execute<A>
  readonly upload: (x: Float32Array) => Promise<A> | A
  readonly download: (x: A) => Promise<Float32Array>
  readonly discard: (x: A) => void
  readonly close: () => Promise<void>
}

/** When arrays are read last: after that step, nothing needs them. */
const withLifetimes = ({ steps }: Draft, kept: ReadonlySet<number>): readonly Step[] => {
  const last = new Map<number, number>()
  steps.forEach(({ reads, writes }, i) => [...reads, writes].forEach(a => last.set(a, i)))
  return steps.map((step, i) => ({
    ...step,
    frees: [...step.reads, step.writes].filter(a => last.get(a) === i && !kept.has(a)),
  }))
}

/** The steps of a graph. A result that several operations read, or that is an output, is stored once.
 *  @param attention whether there are kernels for attention */
export const planOf = (graph: Graph, attention = false): Plan => {
  const { nodes, outputs } = lower(graph, attention)
  const draft = newDraft()
  const readers = nodes.map(() => 0)
  for (const n of nodes) if (n.kind === 'operation') for (const j of new Set(n.operands)) readers[j]!++
  for (const o of outputs) readers[o]!++

  // Inputs come first, wherever they are in the graph.
  const inputs = new Map(nodes.flatMap((n, i) => (n.kind === 'input' ? [[i, draft.array(sizeOf(n.shape))]] : [])))
  const values: Expression[] = []
  nodes.forEach((n, i) => {
    if (n.kind === 'input') values.push(whole(inputs.get(i)!, n.shape))
    else if (n.kind === 'constant') values.push(draft.constant(n.value))
    else {
      const steps = stepsOf(draft, [n.primitive.name, ...n.scope.slice(-1)].join(' in '))
      const [of, shapes] = [n.operands.map(j => values[j]!), n.operands.map(j => nodes[j]!.shape)]
      const value = lowered(steps, n, of, shapes)
      values.push(readers[i]! > 1 && value.kind === 'each' ? store(steps, value, n.shape) : value)
    }
  })
  const copies = stepsOf(draft, 'output')
  const made = outputs.map(o => {
    const { shape } = nodes[o]!
    return { array: outputArray(copies, draft.sizes, values[o]!, shape), shape }
  })
  const kept = new Set([...inputs.values(), ...draft.constants.keys(), ...made.map(o => o.array)])
  return { constants: draft.constants, steps: withLifetimes(draft, kept), outputs: made, sizes: draft.sizes }
}
