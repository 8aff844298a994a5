/** A simplified graph with what ONNX Runtime has a faster node for in place of the operations that say the same. The nodes
 *  that are put in are this engine's own: no other knows them, and no gradient is taken of them. */
import { type Shape, sizeOf } from '../../tensor'
import {
  add,
  div,
  inverseDeviation,
  layerNorm,
  matmul,
  mean,
  mul,
  permute,
  reshape,
  sqrt,
  sub,
  sum,
  transpose,
} from '../../primitives'
import type { Graph, OnnxNode, OperationNode } from '../../trace'
import { Nodes, rewrite } from '../../transforms/rewrite'
import { wholeRows } from './orders'
import { engineNode } from './own'
import { moveScales } from './scales'

/** The mean over axes, which stay. */
const meanNode = engineNode<{ readonly axes: readonly number[] }>('mean', {
  shape: ({ axes }, x) => x.map((size, i) => (axes.includes(i) ? 1 : size)),
  reference: ({ axes }, x) => mean(x, axes),
  onnx: ({ axes }) => ({ op: 'ReduceMean', attributes: { axes, keepdims: 1 } }),
})

/** The rows' mean, or 1/√(σ² + ε), that a layer norm of the same tensor computes anyway, as a matrix of one column. */
interface Statistic {
  readonly epsilon: number
  readonly which: 'mean' | 'inverse deviation'
}
const statistic = engineNode<Statistic>('statistic', {
  shape: (_, x) => [sizeOf(x.slice(0, -1)), 1],
  reference: ({ epsilon, which }, x) => {
    const rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])
    const mu = mean(rows, [1])
    return which === 'mean' ? mu : inverseDeviation(sub(rows, mu), epsilon)
  },
  onnx: ({ epsilon, which }, x) => {
    const norm: OnnxNode = {
      op: 'LayerNormalization',
      inputs: [0, 1, 2],
      attributes: { axis: -1, epsilon: { float: epsilon } },
      output: which === 'mean' ? 1 : 2,
    }
    return { op: 'Reshape', inputs: [norm, { ints: [sizeOf(x.slice(0, -1)), 1] }] }
  },
})

/** A transposed matrix that stays one: ONNX Runtime would hand the transposition on to the product that reads it, which is
 *  slower along the long side of a matrix than moving it first. */
const transposed = engineNode('transposed', {
  shape: (_, [rows, columns]: Shape) => [columns!, rows!],
  reference: (_, x) => transpose(x),
  onnx: (_, [rows, columns]: Shape) => {
    const apart: OnnxNode = { op: 'Reshape', inputs: [0, { ints: [1, rows!, columns!] }] }
    const moved: OnnxNode = { op: 'Transpose', inputs: [apart], attributes: { perm: [0, 2, 1] } }
    return { op: 'Reshape', inputs: [moved, { ints: [columns!, rows!] }] }
  },
})

/** Whether a constant of either type is a number. */
const same = (constant: number | undefined, v: number): boolean => constant === v || constant === Math.fround(v)

/** The graph with means as one node, row statistics taken from the layer norm that has them, and the matrices of weight
 *  gradients transposed before their product. */
const rowsAndMeans = (graph: Graph): Graph => {
  const old = new Nodes(graph.nodes)

  /** x and its axes, where a node is the mean of x over them. */
  const meanOf = (i: number | undefined): { x: number; axes: readonly number[] } | undefined => {
    const [total, factor] = old.made(i, mul)?.operands ?? []
    const summed = old.made(total, sum)
    if (!summed || factor === undefined) return undefined
    const { axes } = summed.params
    const x = summed.operands[0]!
    const count = sizeOf(axes.map(a => old.shape(x)[a]!))
    return same(old.scalar(factor), 1 / count) ? { x, axes } : undefined
  }
  /** The matrix and ε, where a node is 1/√(mean c² + ε) of its centred rows c. */
  const deviationOf = (i: number): { x: number; epsilon: number } | undefined => {
    const [one, root] = old.made(i, div)?.operands ?? []
    const [squares, shift] = old.made(old.made(root, sqrt)?.operands[0], add)?.operands ?? []
    const meanSquare = meanOf(squares)
    const square = old.made(meanSquare?.x, mul)
    const [c, again] = square?.operands ?? []
    const [x, mu] = old.made(c, sub)?.operands ?? []
    if (one === undefined || shift === undefined || x === undefined || old.scalar(one) !== 1) return undefined
    const epsilon = old.scalar(shift)
    const ofRows = meanOf(mu)?.x === x && meanSquare!.axes.join() === '1'
    return epsilon !== undefined && c === again && ofRows ? { x, epsilon } : undefined
  }
  /** The layer norms so far, by what they are of. */
  const norms = new Map<number, OperationNode<{ readonly epsilon: number }>>()
  /** The layer norm of a matrix, or of a tensor with the same rows. */
  const normOf = (x: number) => {
    const source = old.made(x, reshape)?.operands[0]
    const width = (i: number): number | undefined => old.shape(i).at(-1)
    return norms.get(x) ?? (source !== undefined && width(source) === width(x) ? norms.get(source) : undefined)
  }
  const layerNormOf = (x: number, epsilon?: number) => {
    const norm = old.shape(x).length === 2 ? normOf(x) : undefined
    return norm && (epsilon === undefined || same(epsilon, norm.params.epsilon)) ? norm : undefined
  }

  return rewrite(graph, g => {
    const statisticOf = (n: OperationNode, norm: ReturnType<typeof normOf>, which: Statistic['which']) =>
      norm && g.make(statistic, { ...norm.params, which }, g.at(norm.operands), n.scope)
    const turn = (x: number, { scope }: OperationNode): number => g.make(transposed, {}, [x], scope)
    return (n, i) => {
      const norm = old.made(i, layerNorm)
      if (norm) norms.set(norm.operands[0]!, norm)
      const m = meanOf(i)
      if (m) {
        const ofRows = m.axes.join() === '1' ? layerNormOf(m.x) : undefined
        return statisticOf(n, ofRows, 'mean') ?? g.make(meanNode, { axes: m.axes }, [g.moved[m.x]!], n.scope)
      }
      const d = deviationOf(i)
      if (d) return statisticOf(n, layerNormOf(d.x, d.epsilon), 'inverse deviation')
      const [a, b] = old.made(i, matmul)?.operands ?? []
      const left = old.made(a, permute)
      if (a === undefined || b === undefined || !left || n.shape.length !== 2) return undefined
      const [columns, rows] = old.shape(a) as [number, number]
      const width = n.shape[1]!
      if (rows <= Math.min(columns, width)) return undefined
      const [x, y] = [g.moved[left.operands[0]!]!, g.moved[b]!]
      // Of the two, the narrower one is moved.
      if (columns <= width) return g.make(matmul, {}, [turn(x, n), y], n.scope)
      return g.make(transposed, {}, [g.make(matmul, {}, [turn(y, n), x], n.scope)], n.scope)
    }
  })
}

/** The graph in the form that ONNX Runtime runs fastest. For float32 alone: other types lack some of these nodes.
 *  @param provider products that transpose as they read are those of 'cpu': not every GPU provider has them */
export const fuse = (graph: Graph, provider = 'cpu'): Graph => {
  const scaled = moveScales(graph)
  return rowsAndMeans(provider === 'cpu' ? wholeRows(scaled) : scaled)
}
