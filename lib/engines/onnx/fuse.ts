/** A simplified graph with what ONNX Runtime has a faster node for in place of the operations that say the same. The nodes
 *  that are put in are this engine's own: no other knows them, and no gradient is taken of them. */
import { type Shape, sizeOf } from '../../tensor'
import { inverseDeviation, mean, reshape, sub, transpose } from '../../primitives'
import type { Graph, OnnxNode, OperationNode } from '../../trace'
import { wholeRows } from './orders'
import { about, own, rewrite } from './own'
import { moveScales } from './scales'

/** The mean over axes, which stay. */
const meanNode = own<{ readonly axes: readonly number[] }>('mean', {
  shape: ({ axes }, x) => x.map((size, i) => (axes.includes(i) ? 1 : size)),
  reference: ({ axes }, x) => mean(x, axes),
  onnx: ({ axes }) => ({ op: 'ReduceMean', attributes: { axes, keepdims: 1 } }),
})

/** The rows' mean, or 1/√(σ² + ε), that a layer norm of the same tensor found on its way, as a matrix of one column. */
interface Statistic {
  readonly epsilon: number
  readonly which: 'mean' | 'inverse deviation'
}
const statistic = own<Statistic>('statistic', {
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
const transposed = own('transposed', {
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
  const { made, number } = about(graph)

  /** x and its axes, where a node is the mean of x over them. */
  const meanOf = (i: number | undefined): { x: number; axes: readonly number[] } | undefined => {
    const scaling = made(i, 'mul')
    const sum = made(scaling?.operands[0], 'sum')
    if (!scaling || !sum) return undefined
    const { axes } = sum.params as { axes: readonly number[] }
    const x = sum.operands[0]!
    const count = sizeOf(axes.map(a => graph.nodes[x]!.shape[a]!))
    return same(number(scaling.operands[1]!), 1 / count) ? { x, axes } : undefined
  }
  /** The matrix and ε, where a node is 1/√(mean c² + ε) of its centred rows c. */
  const deviationOf = (n: OperationNode): { x: number; epsilon: number } | undefined => {
    const sum = made(made(n.operands[1], 'sqrt')?.operands[0], 'add')
    const squares = meanOf(sum?.operands[0])
    const square = made(squares?.x, 'mul')
    const centred = made(square?.operands[0], 'sub')
    const epsilon = sum && number(sum.operands[1]!)
    if (number(n.operands[0]!) !== 1 || !centred || epsilon === undefined) return undefined
    const x = centred.operands[0]!
    const ofRows = meanOf(centred.operands[1])?.x === x && squares!.axes.join() === '1'
    return square!.operands[0] === square!.operands[1] && ofRows ? { x, epsilon } : undefined
  }
  /** The layer norms so far, by what they are of. */
  const norms = new Map<number, OperationNode>()
  /** The layer norm of a matrix, or of a tensor with the same rows. */
  const normOf = (x: number): OperationNode | undefined => {
    const source = made(x, 'reshape')?.operands[0]
    const width = (i: number): number | undefined => graph.nodes[i]!.shape.at(-1)
    return norms.get(x) ?? (source !== undefined && width(source) === width(x) ? norms.get(source) : undefined)
  }
  const layerNormOf = (x: number, epsilon?: number): OperationNode | undefined => {
    const norm = normOf(x)
    if (!norm || graph.nodes[x]!.shape.length !== 2) return undefined
    const own_ = (norm.params as { epsilon: number }).epsilon
    return epsilon === undefined || same(epsilon, own_) ? norm : undefined
  }

  return rewrite(graph, ({ make, moved }) => {
    const statisticOf = (n: OperationNode, of: OperationNode | undefined, which: Statistic['which']) => {
      if (!of) return undefined
      const operands = of.operands.map(i => moved[i]!)
      return make(statistic, { ...of.params, which }, operands, n)
    }
    const turned = new Map<number, number>()
    const turn = (x: number, n: OperationNode): number => {
      const there = turned.get(x) ?? make(transposed, {}, [x], n)
      turned.set(x, there)
      return there
    }
    return (n, i) => {
      if (n.primitive.name === 'layerNorm') norms.set(n.operands[0]!, n)
      if (n.primitive.name === 'mul') {
        const m = meanOf(i)
        if (!m) return undefined
        const norm = m.axes.join() === '1' ? layerNormOf(m.x) : undefined
        return statisticOf(n, norm, 'mean') ?? make(meanNode, { axes: m.axes }, [moved[m.x]!], n)
      }
      if (n.primitive.name === 'div') {
        const d = deviationOf(n)
        return d && statisticOf(n, layerNormOf(d.x, d.epsilon), 'inverse deviation')
      }
      if (n.primitive.name !== 'matmul') return undefined
      const [a, b] = n.operands as [number, number]
      const left = made(a, 'permute')
      const [rows, columns] = [graph.nodes[a]!.shape[1]!, graph.nodes[a]!.shape[0]!]
      if (!left || n.shape.length !== 2 || rows <= Math.min(columns, n.shape[1]!)) return undefined
      const [x, y] = [moved[left.operands[0]!]!, moved[b]!]
      // Of the two, the narrower one is moved.
      if (columns <= n.shape[1]!) return make('matmul', {}, [turn(x, n), y], n)
      return make(transposed, {}, [make('matmul', {}, [turn(y, n), x], n)], n)
    }
  })
}

/** The graph as ONNX Runtime is quickest at it. For float32: other types lack some of the nodes.
 *  @param provider products that transpose as they read are the processor's, and not every GPU provider's */
export const fuse = (graph: Graph, provider = 'cpu'): Graph => {
  const scaled = moveScales(graph)
  return rowsAndMeans(provider === 'cpu' ? wholeRows(scaled) : scaled)
}
