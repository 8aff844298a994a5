/** Attention that keeps no scores in the place of Softmax(scale·Q·Kᵀ)·V, of masked scores too, before a function is
 *  differentiated.
 *
 *  Where scores of another block cross, A + α·A', the queries and keys of both stand side by side, in heads as wide as both
 *  (`wideHeadAttention`): scores that only cross are never made either. What somebody else reads stays as it is: a map that is asked
 *  for, scores that accumulate, whose heads would be wider in every block. */
import { sameSizes, type Shape } from '../tensor'
import { func, optional, strict } from '../tensor/given'
import { add, concat, fusedAttention, matmul, mul, permute, slice, softmax } from '../primitives'
import type { Graph, OperationNode } from '../trace'
import { evaluate, rerun } from './rerun'
import { lastTwoSwapped } from '../primitives/support/axes'
import { type Making, Nodes, readersOf, rewrite } from './rewrite'

/** The most scores that are added: those of a block, and of the one before. */
const MOST_TERMS = 2

/** factor·α·Q·Kᵀ. */
interface Term {
  readonly Q: number
  readonly K: number
  /** Whether K is there as Kᵀ. */
  readonly turned: boolean
  readonly factor: number
  /** One number for each matrix, or for all. */
  readonly alpha: readonly number[]
}
/** A sum of scores, and the nodes that it is made of. */
interface Scores {
  readonly terms: readonly Term[]
  readonly nodes: readonly number[]
}
/** Such a sum, and what is added to it that broadcasts to its shape. */
interface Masked extends Scores {
  readonly masks: readonly number[]
}
/** Attention that may be replaced. */
interface Candidate {
  readonly scores: Masked
  readonly V: number
}

/** Sizes of attention: S queries and M keys of d channels for a score, values of e channels. Where scores cross, d is that of both
 *  blocks together. */
export interface AttentionSizes {
  readonly S: number
  readonly M: number
  readonly d: number
  readonly e: number
}
/** Whether attention that keeps no scores keeps less than half: queries and keys, which are copied where they cross, and the output
 *  with a logarithm for each row, in the place of scores and a map. */
const keepsLess = ({ S, M, d, e }: AttentionSizes): boolean => 2 * (S * d + M * d + S * (e + 1)) < 2 * S * M

const batchOf = (shape: Shape): Shape => shape.slice(0, -2)

/** The attention of a graph, by its last product, as far as nothing but attention reads its scores. */
const candidatesOf = (graph: Graph, where: (sizes: AttentionSizes) => boolean): ReadonlyMap<number, Candidate> => {
  const nodes = new Nodes(graph.nodes)
  const readers = readersOf(graph)

  const productOf = (i: number): Scores | undefined => {
    const [Q, by] = nodes.made(i, matmul)?.operands ?? []
    if (Q === undefined || by === undefined) return undefined
    if (!sameSizes(batchOf(nodes.shape(Q)), batchOf(nodes.shape(by)))) return undefined
    const swap = nodes.made(by, permute)
    const isKey = swap && sameSizes(swap.params.axes, lastTwoSwapped(swap.shape.length))
    const [K, turned] = isKey ? [swap.operands[0]!, false] : [by, true]
    return { terms: [{ Q, K, turned, factor: 1, alpha: [] }], nodes: [i] }
  }
  /** c·A, where c is one number for a matrix. */
  const scaledOf = (i: number, c: number, A: number): Scores | undefined => {
    const size = nodes.shape(c)
    if (size.slice(-2).some(n => n !== 1) || !sameSizes(nodes.shape(A), nodes.shape(i))) return undefined
    const scores = scoresOf(A)
    const v = nodes.scalar(c)
    const terms = scores?.terms.map(t =>
      v === undefined ? { ...t, alpha: [...t.alpha, c] } : { ...t, factor: v * t.factor },
    )
    return terms && { terms, nodes: [...scores!.nodes, i] }
  }
  const scoresOf = (i: number): Scores | undefined => {
    const [a, b] = (nodes.made(i, mul) ?? nodes.made(i, add))?.operands ?? []
    if (a === undefined || b === undefined) return productOf(i)
    if (nodes.made(i, mul)) return scaledOf(i, a, b) ?? scaledOf(i, b, a)
    if (!sameSizes(nodes.shape(a), nodes.shape(b))) return undefined
    const [left, right] = [scoresOf(a), scoresOf(b)]
    return left && right && { terms: [...left.terms, ...right.terms], nodes: [...left.nodes, ...right.nodes, i] }
  }

  const maskedOf = (i: number): Masked | undefined => {
    const scores = scoresOf(i)
    if (scores) return { ...scores, masks: [] }
    const [a, b] = nodes.made(i, add)?.operands ?? []
    if (a === undefined || b === undefined) return undefined
    const [left, right] = [a, b].map(x => (sameSizes(nodes.shape(x), nodes.shape(i)) ? maskedOf(x) : undefined))
    if (!left && !right) return undefined
    return {
      terms: [...(left?.terms ?? []), ...(right?.terms ?? [])],
      nodes: [...(left?.nodes ?? []), ...(right?.nodes ?? []), i],
      masks: [...(left?.masks ?? [a]), ...(right?.masks ?? [b])],
    }
  }

  const found = new Map<number, Candidate>()
  graph.nodes.forEach((_, i) => {
    const [map, V] = nodes.made(i, matmul)?.operands ?? []
    const [fused] = nodes.made(map, softmax)?.operands ?? []
    if (map === undefined || V === undefined || fused === undefined) return
    if (!sameSizes(batchOf(nodes.shape(map)), batchOf(nodes.shape(V)))) return
    const scores = maskedOf(fused)
    if (!scores || scores.terms.length > MOST_TERMS || scores.terms[0]!.factor === 0) return
    const [S, M] = nodes.shape(map).slice(-2) as [number, number]
    const d = scores.terms.reduce((n, { Q }) => n + nodes.shape(Q).at(-1)!, 0)
    if (where({ S, M, d, e: nodes.shape(V).at(-1)! }))
      found.set(i, { scores: { ...scores, nodes: [...scores.nodes, map] }, V })
  })
  // Scores that one keeps for another reader are made anyway: what shares them stays as it is, too.
  for (;;) {
    const inside = new Set([...found].flatMap(([i, { scores }]) => [i, ...scores.nodes]))
    const stays = [...found].filter(([, { scores }]) => !scores.nodes.every(j => readers(j)?.every(r => inside.has(r))))
    if (stays.length === 0) return found
    for (const [i] of stays) found.delete(i)
  }
}

/** Queries or keys side by side. */
const joined = (g: Making, parts: readonly number[], scope: readonly string[]): number =>
  parts.length === 1 ? parts[0]! : g.make(concat, { axis: g.shape(parts[0]!).length - 1 }, parts, scope)

const fused = (g: Making, { scores: { terms, masks }, V }: Candidate, { scope, shape }: OperationNode): number => {
  const scale = terms[0]!.factor
  const times = (x: number, c: number): number => g.make(mul, {}, [c, x], scope)
  const queries = terms.map(({ Q, factor, alpha }) => {
    const scaled = alpha.reduce((x, c) => times(x, g.moved[c]!), g.moved[Q]!)
    return factor === scale ? scaled : times(scaled, g.constant(factor / scale))
  })
  const keys = terms.map(({ K, turned }) => {
    const axes = lastTwoSwapped(g.shape(g.moved[K]!).length)
    return turned ? g.make(permute, { axes }, [g.moved[K]!], scope) : g.moved[K]!
  })
  // A 0 that is added to all scores is no mask.
  const added = masks.flatMap(mask => (g.number(g.moved[mask]!) === 0 ? [] : [g.moved[mask]!]))
  const mask = added.length > 1 ? [added.reduce((a, b) => g.make(add, {}, [a, b], scope))] : added
  const operands = [joined(g, queries, scope), joined(g, keys, scope), g.moved[V]!, ...mask]
  const both = g.make(fusedAttention, { scale }, operands, scope)
  return g.make(slice, { axis: shape.length - 1, from: 0, to: shape.at(-1)! }, [both], scope)
}

/** The graph with attention that keeps no scores, where nothing else reads these. */
const fuseAttention = (graph: Graph, where: (sizes: AttentionSizes) => boolean): Graph => {
  const found = candidatesOf(graph, where)
  if (found.size === 0) return graph
  return rewrite(graph, g => (n, i) => {
    const candidate = found.get(i)
    return candidate && fused(g, candidate, n)
  })
}

/** The same function with attention that keeps no scores, and so are its gradients when it is differentiated: their memory grows as
 *  the tokens do, and not as their square. Crossing scores, raw ones (decision D1), are those of heads twice as wide. Results agree
 *  to rounding. Attention whose scores or map something else reads stays as it is. A mask is kept as it is given; the gradient of one
 *  that is learnt, a bias, is made of scores, one block's at a time.
 *  @param where of which sizes; of any where left out */
export const withFusedAttention = strict(
  'withFusedAttention',
  { f: func, where: optional(func) },
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    where: (sizes: AttentionSizes) => boolean = () => true,
  ): ((...args: A) => R) => rerun(f, (graph, inputs) => evaluate(fuseAttention(graph, where), inputs)),
)

/** The same where what is kept is less than half as much. */
export const fusedWhereLess = strict(
  'fusedWhereLess',
  { f: func },
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) => withFusedAttention(f, keepsLess),
)
