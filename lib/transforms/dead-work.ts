/** Slices pushed towards the inputs: what only a part of a result is read of is computed for that part alone.
 *
 *  A selection keeps the indices from … to−1 of one digit of an axis: an axis of size outer·n·inner is read as [outer, n,
 *  inner], as the position is in B*(1+P). Walking back from the outputs, every node learns which selections all of its
 *  readers share; an operation that does not mix the selected positions hands them on to its operands. Then the graph is
 *  run again on what is left, with a slice where a value is read in parts and as a whole. The equations stay as they
 *  read, and every result is what it was. */
import { type Shape, sizeOf, type Tensor } from '../tensor'
import { type PrimitiveName, reshape, slice } from '../primitives'
import { apply, type Graph, leaves, type OperationNode, rebuild, trace, within } from '../trace'

interface Selection {
  readonly outer: number
  readonly n: number
  readonly inner: number
  readonly from: number
  readonly to: number
}
/** What of a value is needed: a selection for some of its axes, everything of the others. */
type Need = ReadonlyMap<number, Selection>
const EVERYTHING: Need = new Map()

// ---- how selections pass through operations --------------------------------------------------------------------------

/** Where an axis of the result comes from: for each operand its axis, or null where it is the same for all indices of
 *  the result's axis; undefined where the operation mixes the positions of the axis. */
type Rule = (p: never, axis: number, y: Shape, xs: readonly Shape[]) => readonly (number | null)[] | undefined

/** The axis of an operand that broadcasts to a result of some rank. */
const aligned = (axis: number, rank: number, x: Shape): number | null => {
  const own = axis - (rank - x.length)
  return own < 0 || x[own] === 1 ? null : own
}
const elementwise: Rule = (_, axis, y, xs) => xs.map(x => aligned(axis, y.length, x))
const byRow: Rule = (_, axis, y, xs) => (axis === y.length - 1 ? undefined : xs.map((_x, k) => (k === 0 ? axis : null)))
const reduced: Rule = (_, axis) => [axis]
const mixed: Rule = () => undefined

/** Of reshape and slice, whose axes are not their operand's, `passed` knows more. */
const rules: Record<PrimitiveName, Rule> = {
  add: elementwise,
  broadcastTo: elementwise,
  concat: (p: { axis: number }, axis, _, xs) => (axis === p.axis ? undefined : xs.map(() => axis)),
  div: elementwise,
  equal: elementwise,
  erf: elementwise,
  exp: elementwise,
  gelu: elementwise,
  layerNorm: byRow,
  log: elementwise,
  matmul: (_, axis, y, [a, b]) => {
    const [M, N] = [y.length - 2, y.length - 1]
    if (axis === M) return [a!.length - 2, null]
    if (axis === N) return [null, b!.length - 1]
    return [aligned(axis, y.length, a!), aligned(axis, y.length, b!)]
  },
  max: reduced,
  mul: elementwise,
  permute: (p: { axes: readonly number[] }, axis) => [p.axes[axis]!],
  reshape: mixed,
  slice: (p: { axis: number }, axis) => (axis === p.axis ? undefined : [axis]),
  softmax: byRow,
  sqrt: elementwise,
  sub: elementwise,
  sum: reduced,
}

/** A selection of one axis as the same selection of an axis under another shape of the same elements, if it is one. */
const reshapedSelection = (shape: Shape, axis: number, s: Selection, to: Shape): [number, Selection] | undefined => {
  const stride = s.inner * sizeOf(shape.slice(axis + 1)) // between neighbours of the digit
  const own = to.findIndex((size, i) => {
    const step = sizeOf(to.slice(i + 1))
    return stride % step === 0 && (step * size) % (stride * s.n) === 0
  })
  if (own < 0) return undefined
  const step = sizeOf(to.slice(own + 1))
  return [own, { ...s, inner: stride / step, outer: (step * to[own]!) / (stride * s.n) }]
}

type Passed = readonly ([axis: number, selection: Selection] | null)[]
/** What a selection of a result asks of each operand (null: all of it); undefined where it cannot be handed on. */
const passed = (n: OperationNode, axis: number, s: Selection, xs: readonly Shape[]): Passed | undefined => {
  if (n.primitive.name === 'reshape') {
    const own = reshapedSelection(n.shape, axis, s, xs[0]!)
    return own && [own]
  }
  const rule = rules[n.primitive.name as PrimitiveName]
  return rule(n.params as never, axis, n.shape, xs)?.map(own => (own === null ? null : [own, s]))
}

// ---- what is needed of each node -------------------------------------------------------------------------------------

const sameDigit = (a: Selection, b: Selection): boolean => a.n === b.n && a.inner === b.inner && a.outer === b.outer

/** What two readers need together. */
const union = (a: Need, b: Need): Need => {
  const both = new Map<number, Selection>()
  for (const [axis, s] of a) {
    const t = b.get(axis)
    if (!t || !sameDigit(s, t)) continue
    const [from, to] = [Math.min(s.from, t.from), Math.max(s.to, t.to)]
    if (to - from < s.n) both.set(axis, { ...s, from, to })
  }
  return both
}

/** What a slice reads of its operand. */
const sliced = (n: OperationNode, x: Shape): Need => {
  const { axis, from, to } = n.params as { axis: number; from: number; to: number }
  return to - from < x[axis]! ? new Map([[axis, { outer: 1, n: x[axis]!, inner: 1, from, to }]]) : EVERYTHING
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
    const own = new Map<number, Selection>()
    const asked = n.operands.map((_, k) => new Map(n.primitive.name === 'slice' ? sliced(n, xs[k]!) : EVERYTHING))
    for (const [axis, s] of needs[i] ?? EVERYTHING) {
      const places = passed(n, axis, s, xs)
      // One selection an axis: a second one waits until after the operation.
      if (!places || places.some((p, k) => p && asked[k]!.has(p[0]))) continue
      own.set(axis, s)
      places.forEach((p, k) => p && asked[k]!.set(...p))
    }
    computed[i] = own
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
  let next = 0
  const values: Tensor[] = []
  graph.nodes.forEach((n, i) => {
    if (n.kind === 'input') return values.push(inputs[next++]!)
    if (n.kind === 'constant') return values.push(n.value)
    return within(n.scope, () => {
      const xs = n.operands.map((j, k) => take(values[j]!, computed[j]!, read[i]![k]!))
      const { name } = n.primitive
      if (name === 'slice') return values.push(xs[0]!)
      const params = name === 'reshape' || name === 'broadcastTo' ? { shape: partOf(n.shape, computed[i]!) } : n.params
      return values.push(apply(n.primitive, params, ...xs))
    })
  })
  return graph.outputs.map(o => values[o]!)
}

/** The same function without dead work: operations on positions that no result depends on are left out, and so are their
 *  gradients when it is differentiated. In the network, where the head reads class tokens alone (decision D6), these are
 *  the patches in the temporal stage and, but for keys and values, in the last STB. */
export const withoutDeadWork =
  <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  (...args: A): R => {
    const { graph, result } = trace(f, ...args)
    return rebuild(result, evaluateNeeded(graph, leaves(args)))
  }
