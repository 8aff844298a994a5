/** What the values of a graph take while it runs, from shapes alone. */
import { optional, record, strict } from '../tensor/given'
import { graph } from '../trace/kinds'
import { type DType, sizeOf } from '../tensor'
import type { Graph, OperationNode } from '../trace'

/** Bytes of an element. */
export const BYTES: Readonly<Record<DType, number>> = { float32: 4, float64: 8 }

/** Whether an operation makes no values of its own: its elements lie where its first operand's do. */
const isView = ({ primitive, params }: OperationNode): boolean => 'view' in primitive.kernel(params)

/** How a graph is run. */
export interface Running {
  /** Its operations in the order in which they run; that of the graph where left out. */
  readonly order?: readonly number[]
  /** Which operations make no values of their own. */
  readonly views?: (n: OperationNode) => boolean
}

/** The largest sum of the sizes of values that are needed at one time, in bytes. A value is needed until the last operation
 *  has read it, or a view of it; results are needed to the end. Inputs and constants are not counted. */
export const peakBytes = strict(
  'peakBytes',
  { graph, running: optional(record) },
  ({ nodes, outputs, dtype }: Graph, { order, views = isView }: Running = {}): number => {
    const run = (order ?? nodes.keys()) as Iterable<number>
    const steps = [...run].filter(i => nodes[i]!.kind === 'operation')
    const operation = (i: number): OperationNode => nodes[i] as OperationNode
    const holder = nodes.map((_, i) => i)
    const last = new Map<number, number>()
    steps.forEach((i, at) => {
      if (views(operation(i))) holder[i] = holder[operation(i).operands[0]!]!
      for (const j of [i, ...operation(i).operands]) last.set(holder[j]!, at)
    })
    for (const o of outputs) last.set(holder[o]!, Infinity)
    const released = new Map<number, number>()
    let [now, peak] = [0, 0]
    steps.forEach((i, at) => {
      if (holder[i] === i) {
        const bytes = sizeOf(nodes[i]!.shape) * BYTES[dtype]
        now += bytes
        released.set(last.get(i)!, (released.get(last.get(i)!) ?? 0) + bytes)
      }
      peak = Math.max(peak, now)
      now -= released.get(at) ?? 0
    })
    return peak
  },
)
