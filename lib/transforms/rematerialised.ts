/** Values that are computed again in the backward pass instead of kept for it: less memory for the same results, and more work.
 *
 *  The forward pass is cut into pieces where few bytes go from one to the next: in the network, between its blocks and halves
 *  of blocks. What goes across is kept; the inside of a piece is dropped, and computed again when the gradient first asks for
 *  it (Chen et al., 2016, arXiv:1604.06174). */
import { sizeOf, type Tensor } from '../tensor'
import { count, func, optional, strict } from '../tensor/given'
import { concatAll, reshape, slice, total, where } from '../primitives'
import { abstract, apply, type Graph, lastUses, type OperationNode, trace, within } from '../trace'
import { GRADIENT } from './gradient'
import { BYTES, peakBytes } from './liveness'
import { evaluate, rerun } from './rerun'

/** Operations in pieces that follow one another; what a piece has of its own is computed again. */
interface Plan {
  /** Where the backward pass begins. */
  readonly turn: number
  /** The piece of each operation before. */
  readonly pieces: readonly number[]
  /** Whether a value is read in its own piece alone, and by the backward pass. */
  readonly isInside: readonly boolean[]
}

// ---- where a graph is cut --------------------------------------------------------------------------------------------

const turnOf = ({ nodes }: Graph): number => {
  const first = nodes.findIndex(n => n.kind === 'operation' && n.scope.includes(GRADIENT))
  return first === -1 ? nodes.length : first
}

/** Cuts the forward pass into about so many pieces of equal size, each where the least goes across in it. The last piece is
 *  read as soon as it is made, and is kept. */
const planOf = (graph: Graph, count: number): Plan => {
  const { nodes, outputs, dtype } = graph
  const turn = turnOf(graph)
  // What the backward pass reads is no use of the forward pass.
  const last = lastUses({ nodes: nodes.slice(0, turn), outputs: outputs.filter(o => o < turn), dtype })
  const bytes = last.map((_, i) => (nodes[i]!.kind === 'operation' ? sizeOf(nodes[i]!.shape) * BYTES[dtype] : 0))
  const most = bytes.reduce((a, b) => a + b, 0) / count
  /** What goes across behind each node. */
  const across: number[] = []
  const ends = new Map<number, number>()
  let live = 0
  bytes.forEach((b, i) => {
    live += b - (ends.get(i) ?? 0)
    const end = last[i]!
    if (end === i) live -= b
    else ends.set(end, (ends.get(end) ?? 0) + b)
    across.push(live)
  })
  const cuts: number[] = []
  let [sum, least] = [0, -1]
  for (let i = 0; i < turn; i++) {
    sum += bytes[i]!
    if (least === -1 || across[i]! <= across[least]!) least = i
    if (sum <= most) continue
    cuts.push(least)
    i = least
    ;[sum, least] = [0, -1]
  }
  const pieces: number[] = []
  for (let i = 0, piece = 0; i < turn; i++) {
    pieces.push(piece)
    if (cuts[piece] === i) piece++
  }
  const final = pieces.at(-1)
  const isInside = pieces.map(
    (piece, i) =>
      nodes[i]!.kind === 'operation' && piece !== final && last[i]! < Infinity && pieces[last[i]!] === piece,
  )
  return { turn, pieces, isInside }
}

// ---- running it ------------------------------------------------------------------------------------------------------

/** A number that no engine can know before all of some values are there. */
const onceThere = (values: readonly Tensor[]): Tensor<[]> =>
  total(concatAll(0, values.map(y => slice(reshape(y, [sizeOf(y.shape)]), 0, 0, 1)))) // prettier-ignore

/** Runs a graph by a plan, through `apply`: on ndarrays it computes, on tracers it records. */
const evaluateAgain = (graph: Graph, { turn, pieces, isInside }: Plan, inputs: readonly Tensor[]): Tensor[] => {
  const { nodes, outputs } = graph
  const values: Tensor[] = []
  const isOperation = (i: number): boolean => nodes[i]!.kind === 'operation'
  const last = lastUses(graph)
  /** What each piece waits for: all that the backward pass has made since the piece behind it was asked for. An engine that
   *  runs in another order would else compute all pieces at once. */
  const moments = new Map<number, Tensor>()
  let since = turn
  const kept = new Map<string, Tensor>()
  const made = new Map<number, Tensor>()

  /** A kept value, to the bit, when the piece is asked for: an engine that has computed with it cannot know that it has. */
  const waiting = (j: number, piece: number): Tensor => {
    const key = `${piece} ${j}`
    const value = kept.get(key) ?? where(moments.get(piece)!, values[j]!, values[j]!)
    kept.set(key, value)
    return value
  }
  const again = (i: number): Tensor => {
    const before = made.get(i)
    if (before) return before
    const { primitive, params, operands, scope } = nodes[i] as OperationNode
    // What is made of inputs alone waits as well; other inputs, parameters as a rule, are read where they are.
    const ofInputs = !operands.some(isOperation)
    const xs = operands.map((j, k) =>
      isInside[j] ? again(j) : isOperation(j) || (ofInputs && k === 0) ? waiting(j, pieces[i]!) : values[j]!,
    )
    const value = within([...scope, GRADIENT], () => apply(primitive, params, ...xs))
    made.set(i, value)
    return value
  }
  /** What node i of the backward pass reads. */
  const read = (j: number, i: number): Tensor => {
    if (!isInside[j]) return values[j]!
    const piece = pieces[j]!
    if (!moments.has(piece)) {
      const back = values.slice(since, i).filter((_, k) => isOperation(since + k) && last[since + k]! >= i)
      // Nothing has come back yet: what is there is there.
      if (back.length === 0) return values[j]!
      moments.set(
        piece,
        within([GRADIENT], () => onceThere(back)),
      )
      since = i
    }
    return again(j)
  }

  let next = 0
  nodes.forEach((n, i) => {
    if (n.kind === 'input') return values.push(inputs[next++]!)
    if (n.kind === 'constant') return values.push(n.value)
    return values.push(
      within(n.scope, () => apply(n.primitive, n.params, ...n.operands.map(j => (i < turn ? values[j]! : read(j, i))))),
    )
  })
  return outputs.map(o => values[o]!)
}

/** In how many pieces a forward pass is tried. */
const TRIED = [4, 8, 16, 32, 64]

/** The plan by which a graph needs the fewest bytes, if any needs fewer than the graph does. */
const leastPlan = (graph: Graph): Plan | undefined => {
  const shapes = graph.nodes.flatMap(n => (n.kind === 'input' ? [abstract(n.shape, graph.dtype)] : []))
  let [least, bytes]: [Plan | undefined, number] = [undefined, peakBytes(graph)]
  for (const count of TRIED) {
    const plan = planOf(graph, count)
    const needed = peakBytes(trace((...xs: Tensor[]) => evaluateAgain(graph, plan, xs), ...shapes).graph)
    if (needed < bytes) [least, bytes] = [plan, needed]
  }
  return least
}

/** The same function, a gradient in it, with less kept of its forward pass: values that the gradient reads are computed again,
 *  by the same operations on the same operands, so that every result is what it was, to the bit. It takes at most
 *  as long as another forward pass.
 *  @param count in about how many pieces the forward pass is cut; without it, in those with which the fewest bytes are needed
 *  at one time, or in none where that is best */
export const rematerialised = strict(
  'rematerialised',
  { f: func, count: optional(count) },
  <A extends readonly unknown[], R>(f: (...args: A) => R, count?: number): ((...args: A) => R) =>
    rerun(f, (graph, inputs) => {
      const plan = count === undefined ? leastPlan(graph) : planOf(graph, count)
      return plan ? evaluateAgain(graph, plan, inputs) : evaluate(graph, inputs)
    }),
)
