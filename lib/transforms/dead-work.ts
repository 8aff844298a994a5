/** Slices pushed towards the inputs: what only a part of a result is read of is computed for that part alone.
 *
 *  Walking back from the outputs, every node learns which parts all of its readers share; an operation that does not mix the
 *  positions of a part hands it on to its operands, as its primitive says. Then the graph is run again on what is left, with
 *  a slice where a value is read in parts and as a whole. The equations stay as they read, and every result is what it was. */
import { func, strict } from '../tensor/given'
import { type Shape, type Tensor } from '../tensor'
import { reshape, slice } from '../primitives'
import { apply, type Graph, type OperationNode, type Part } from '../trace'
import { evaluate, rerun } from './rerun'

/** What of a value is needed: a part along some of its axes, everything along the others. */
type Need = ReadonlyMap<number, Part>
const EVERYTHING: Need = new Map()

// ---- what is needed of each node -------------------------------------------------------------------------------------

/** Of one axis, whose size is outer·n·inner. */
const sameDigit = (a: Part, b: Part): boolean => a.n === b.n && a.inner === b.inner

/** What two readers need together. */
const union = (a: Need, b: Need): Need => {
  const both = new Map<number, Part>()
  for (const [axis, s] of a) {
    const t = b.get(axis)
    if (!t || !sameDigit(s, t)) continue
    const [from, to] = [Math.min(s.from, t.from), Math.max(s.to, t.to)]
    if (to - from < s.n) both.set(axis, { ...s, from, to })
  }
  return both
}

/** What an operation that takes a part of its operand reads of it; everything of others. */
const taken = ({ primitive, params }: OperationNode, x: Shape): Need => {
  const part = primitive.takes?.(params, x)
  return part ? new Map([[part.axis, part]]) : EVERYTHING
}

interface Plan {
  /** What is computed of each node. */
  readonly computed: readonly Need[]
  /** What each node reads of its operands. */
  readonly read: readonly (readonly Need[])[]
}

const planOf = ({ nodes, outputs }: Graph): Plan => {
  const needs: (Need | undefined)[] = nodes.map(() => undefined)
  const computed: Need[] = nodes.map(() => EVERYTHING)
  const read: (readonly Need[])[] = nodes.map(() => [])
  const ask = (i: number, need: Need): void => {
    const before = needs[i]
    needs[i] = before ? union(before, need) : need
  }
  outputs.forEach(o => ask(o, EVERYTHING))
  for (let i = nodes.length - 1; i >= 0; i--) {
    const n = nodes[i]!
    if (n.kind !== 'operation') continue
    const xs = n.operands.map(j => nodes[j]!.shape)
    const needed = new Map<number, Part>()
    const asked = n.operands.map((_, k) => new Map(taken(n, xs[k]!)))
    for (const [axis, part] of needs[i] ?? EVERYTHING) {
      const parts = n.primitive.needs(n.params, part, n.shape, ...xs)
      // One part an axis: a second one is taken after the operation.
      if (!parts || parts.some((p, k) => p && asked[k]!.has(p.axis))) continue
      needed.set(axis, part)
      parts.forEach((p, k) => p && asked[k]!.set(p.axis, p))
    }
    computed[i] = needed
    read[i] = asked
    n.operands.forEach((j, k) => ask(j, asked[k]!))
  }
  return { computed, read }
}

// ---- running what is left --------------------------------------------------------------------------------------------

/** The part of a value that is asked for, of which at least that part is there. */
const take = (x: Tensor, there: Need, asked: Need): Tensor =>
  [...asked].reduce((value, [axis, s]) => {
    const t = there.get(axis) ?? { ...s, from: 0, to: s.n }
    if (t.from === s.from && t.to === s.to) return value
    if (s.outer * s.inner === 1) return slice(value, axis, s.from - t.from, s.to - t.from)
    const { shape } = value
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)]
    const digits = reshape(value, [...before, s.outer, t.to - t.from, s.inner, ...after])
    const part = slice(digits, axis + 1, s.from - t.from, s.to - t.from)
    return reshape(part, [...before, s.outer * (s.to - s.from) * s.inner, ...after])
  }, x)

const partOf = (shape: Shape, need: Need): number[] =>
  shape.map((size, axis) => {
    const s = need.get(axis)
    return s ? s.outer * (s.to - s.from) * s.inner : size
  })

/** Runs a graph without its dead work, through `apply`: on ndarrays it computes, on tracers it records. */
const evaluateNeeded = (graph: Graph, inputs: readonly Tensor[]): Tensor[] => {
  const { computed, read } = planOf(graph)
  return evaluate(graph, inputs, ({ primitive, params, operands, shape }, i, values) => {
    const xs = operands.map((j, k) => take(values[j]!, computed[j]!, read[i]![k]!))
    if (primitive.takes) return xs[0]!
    const resized = primitive.resized?.(params, partOf(shape, computed[i]!)) ?? params
    return apply(primitive, resized, ...xs)
  })
}

/** The same function without dead work: operations on positions that no result depends on are left out, and so are their
 *  gradients when it is differentiated. In the network, where the head reads class tokens alone (decision D6), these are
 *  the patches in the temporal stage and, but for keys and values, in the last STB. */
export const withoutDeadWork = strict(
  'withoutDeadWork',
  { f: func },
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) => rerun(f, evaluateNeeded),
)
