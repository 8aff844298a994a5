/** A graph cut in two: what can be computed beforehand, once, and what is left. */
import { func, strict } from '../tensor/given'
import { graph } from '../trace/kinds'
import { type Graph, type InputNode, type Node, prune } from '../trace'

/** Where an input is given: to the first part alone, to the rest alone, or to both. */
export type Side = 'first' | 'rest' | 'both'

/** A graph in two parts. */
export interface Split {
  /** What needs no input of the rest. It is given the inputs of the first part and of both; it makes what the rest reads. */
  readonly first: Graph
  /** What is left. It is given what the first part makes, as `cut.0`, `cut.1`, …, then the inputs of both and of the rest; it
   *  makes what the whole graph does. */
  readonly rest: Graph
}

/** Each node's side: the rest, if it depends on an input of that; else the first, if it depends on one of that; else both. */
const sidesOf = ({ nodes }: Graph, sideOf: (input: InputNode) => Side): readonly Side[] => {
  const sides: Side[] = []
  for (const n of nodes) {
    const of = n.kind === 'operation' ? n.operands.map(i => sides[i]!) : n.kind === 'input' ? [sideOf(n)] : []
    sides.push(of.includes('rest') ? 'rest' : of.includes('first') ? 'first' : 'both')
  }
  return sides
}

/** The part of a graph that makes some of its values: what can be computed of what it is given, as far as they need it.
 *  @param cut nodes whose values are given, and stand first
 *  @param isGiven whether an input is one of the part's */
const part = (
  { nodes, dtype }: Graph,
  cut: readonly number[],
  outputs: readonly number[],
  isGiven: (i: number) => boolean,
): Graph => {
  const moved = new Map(cut.map((i, k) => [i, k]))
  const at = (i: number): number => moved.get(i)!
  const made = cut.map((i, k): Node => ({ kind: 'input', name: `cut.${k}`, shape: nodes[i]!.shape }))
  nodes.forEach((n, i) => {
    const has = n.kind === 'input' ? isGiven(i) : n.kind === 'constant' || n.operands.every(j => moved.has(j))
    if (has && !moved.has(i))
      moved.set(i, made.push(n.kind === 'operation' ? { ...n, operands: n.operands.map(at) } : n) - 1)
  })
  return prune({ nodes: made, outputs: outputs.map(at), dtype })
}

/**
 * Cuts a graph where what the first part's inputs make meets the rest's: with a frozen spatial stage, where its class tokens
 * enter the temporal one. What depends on inputs of both alone is computed in whichever part reads it.
 *
 * One after the other the two are the graph, bit for bit: the same operations on the same operands.
 *
 * @param sideOf which part is given an input
 */
export const splitGraph = strict(
  'splitGraph',
  { graph, sideOf: func },
  (graph: Graph, sideOf: (input: InputNode) => Side): Split => {
    const { nodes, outputs } = graph
    const sides = sidesOf(graph, sideOf)
    const read = new Set(outputs)
    nodes.forEach((n, i) => n.kind === 'operation' && sides[i] === 'rest' && n.operands.forEach(j => read.add(j)))
    const cut = nodes.flatMap((_, i) => (sides[i] === 'first' && read.has(i) ? [i] : []))
    return {
      first: part(graph, [], cut, i => sides[i] !== 'rest'),
      rest: part(graph, cut, outputs, i => sides[i] !== 'first'),
    }
  },
)
