/** Orders of axes that leave rows whole: what a product can transpose by itself is not moved element by element. */
import { matmul, transpose } from '../../primitives'
import type { Graph } from '../../trace'
import { about, own, rewrite } from './own'

/** A·B, with one or both of them transposed as they are read. */
const product = own<{ readonly transA: 0 | 1; readonly transB: 0 | 1 }>('product', {
  shape: ({ transA, transB }, a, b) => [...a.slice(0, -2), a.at(transA ? -1 : -2)!, b.at(transB ? -2 : -1)!],
  reference: ({ transA, transB }, a, b) => matmul(transA ? transpose(a) : a, transB ? transpose(b) : b),
  onnx: attributes => ({ op: 'FusedMatMul', domain: 'com.microsoft', attributes }),
})

/** An order of axes with its last two swapped. */
const swap = (axes: readonly number[]): number[] => [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]

/** The graph with K̂ᵀ, of every head, as the transpose of K̂: where `[N, S, h, d] -> [N, h, d, S]` goes into products alone,
 *  they take `[N, h, S, d]`, which moves rows of d elements and which the gradient needs as well. */
export const wholeRows = (graph: Graph): Graph => {
  const { made, users } = about(graph)
  const axesOf = (i: number): readonly number[] | undefined =>
    (made(i, 'permute')?.params as { readonly axes: readonly number[] } | undefined)?.axes
  /** The order of a permuted operand that leaves rows whole, where its own does not. */
  const wholeOf = (i: number): readonly number[] | undefined => {
    const whole = swap(axesOf(i) ?? [0, 0])
    const sought = whole.at(-1) === whole.length - 1 && whole.some((a, k) => a !== k)
    return sought && users(i)?.every(u => u.primitive.name === 'matmul') ? whole : undefined
  }
  return rewrite(graph, ({ make, moved }) => {
    const known = new Map<string, number>()
    return (n, i) => {
      const order = (of: number, axes: readonly number[]): number => {
        const key = `${of} ${axes.join()}`
        const there = known.get(key) ?? make('permute', { axes }, [moved[of]!], n)
        known.set(key, there)
        return there
      }
      const axes = axesOf(i)
      if (axes) return order(n.operands[0]!, axes)
      if (n.primitive.name !== 'matmul') return undefined
      const whole = n.operands.map(wholeOf)
      if (!whole.some(Boolean)) return undefined
      const operands = n.operands.map((j, k) => {
        const by = whole[k]
        return by ? order(made(j, 'permute')!.operands[0]!, by) : moved[j]!
      })
      return make(product, { transA: whole[0] ? 1 : 0, transB: whole[1] ? 1 : 0 }, operands, n)
    }
  })
}
