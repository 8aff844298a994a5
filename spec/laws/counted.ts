/** Every primitive once more, as loops over numbers that count what they do with them: against its reference, and against what it says it costs. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { PrimitiveName } from '../../lib/primitives'
import { type Shape, type Tensor } from '../../lib/tensor'
import { trace } from '../../lib/trace'
import { cost } from '../../lib/transforms'
import { broadcasted, erf, made } from './by-hand'
import type { Case } from './laws'
import { results } from './rewrites'
import { elements, expectClose, indices, operandsOf } from './values'

/** Of what an operation is: of a matrix product, or of anything else. */
type Kind = 'products' | 'rest'
/** Gives a number back, and counts the operation that made it; or so many. What it is of is said where an operation has both. */
type Count = (made: number, operations?: number, of?: Kind) => number
type Params = Readonly<Record<string, never>>
type Definition = (count: Count, params: Params, shape: Shape, ...xs: Tensor[]) => Tensor

const elementwise =
  (f: (count: Count, params: Params, a: number, b: number, c: number) => number): Definition =>
  (count, params, shape, ...xs) =>
    made(shape, (...index) => {
      const [a, b, c] = xs.map(x => broadcasted(x, index)) as [number, number, number]
      return f(count, params, a, b, c)
    })
/** What moves numbers, and computes nothing. */
const moved = (from: (params: Params, index: readonly number[], x: Tensor, y: Tensor) => number): Definition =>
  (_, params, shape, x, y) => made(shape, (...index) => from(params, index, x, y)) // prettier-ignore
/** The numbers of a row, along some axes, at an index whose places along these do not count. */
const along = (x: Tensor, axes: readonly number[], index: readonly number[]): number[] =>
  indices(axes.map(axis => x.shape[axis]!)).map(at => x.get(...index.map((i, axis) => at[axes.indexOf(axis)] ?? i)))
/** Of each row along some axes one number. */
const reduced =
  (axesOf: (params: Params) => readonly number[], f: (count: Count, row: readonly number[]) => number): Definition =>
  (count, params, shape, x) =>
    made(shape, (...index) => f(count, along(x, axesOf(params), index)))
/** Of each row along the last axis a row. What is done once a row is not counted. */
const rowwise =
  (f: (count: Count, row: readonly number[], ...xs: Tensor[]) => readonly number[]): Definition =>
  (count, _, shape, x, ...xs) => {
    const last = shape.length - 1
    const rows = new Map(indices(shape.slice(0, last)).map(at => [at.join(), f(count, along(x, [last], [...at, 0]), ...xs)])) // prettier-ignore
    return made(shape, (...index) => rows.get(index.slice(0, last).join())![index[last]!]!)
  }

/** Sine, cosine and error function are polynomials wherever they are computed: of about 8 operations, it is said. */
const POLYNOMIAL = 8

const larger = (count: Count, a: number, b: number): number => count(b > a ? b : a)
const axesIn = (params: Params): readonly number[] => params['axes'] as unknown as number[]
const axisIn = (params: Params): number => params['axis'] as unknown as number

/** Σ wⱼ·xⱼ, of a matrix product. */
const mixed = (count: Count, weights: readonly number[], x: (j: number) => number): number =>
  weights.reduce((sum, w, j) => count(sum + count(w * x(j), 1, 'products'), 1, 'products'), 0)
/** A row of X, by its index, with each of so many rows of Y. */
const products = (count: Count, index: readonly number[], rows: number, X: Tensor, Y: Tensor): number[] => {
  const row = along(X, [X.shape.length - 1], index)
  return Array.from({ length: rows }, (_, j) => mixed(count, row, c => Y.get(...index.slice(0, -2), j, c)))
}

const definitions: Readonly<Record<PrimitiveName, Definition>> = {
  abs: elementwise((count, _, a) => count(a < 0 ? -a : a)),
  add: elementwise((count, _, a, b) => count(a + b)),
  sub: elementwise((count, _, a, b) => count(a - b)),
  mul: elementwise((count, _, a, b) => count(a * b)),
  div: elementwise((count, _, a, b) => count(a / b)),
  maximum: elementwise((count, _, a, b) => larger(count, a, b)),
  minimum: elementwise((count, _, a, b) => -larger(count, -a, -b)),
  equal: elementwise((count, _, a, b) => count(a === b ? 1 : 0)),
  greater: elementwise((count, _, a, b) => count(a > b ? 1 : 0)),
  where: elementwise((count, _, c, a, b) => count(c !== 0 ? a : b)),
  relu: elementwise((count, _, a) => larger(count, a, 0)),
  exp: elementwise((count, _, a) => count(Math.exp(a))),
  log: elementwise((count, _, a) => count(Math.log(a))),
  sqrt: elementwise((count, _, a) => count(Math.sqrt(a))),
  sin: elementwise((count, _, a) => count(Math.sin(a), POLYNOMIAL)),
  cos: elementwise((count, _, a) => count(Math.cos(a), POLYNOMIAL)),
  erf: elementwise((count, _, a) => count(erf(a), POLYNOMIAL)),
  gelu: elementwise((count, _, a) => {
    const Phi2 = count(1 + count(erf(count(a * Math.SQRT1_2)), POLYNOMIAL))
    return count(count(a * Phi2) * 0.5)
  }),
  sigmoid: elementwise((count, _, a) => count(1 / count(1 + count(Math.exp(-a))))),
  tanh: elementwise((count, _, a) => {
    const e = count(Math.exp(count(-2 * a)))
    return count(count(1 - e) / count(1 + e))
  }),
  // |x|ᶜ = exp(c·ln |x|); the sign takes no arithmetic.
  pow: elementwise((count, params, a) => {
    const c = params['exponent'] as unknown as number
    return count(Math.exp(count(c * count(Math.log(Math.abs(a)))))) * (a < 0 && c % 2 !== 0 ? -1 : 1)
  }),
  matmul: (count, _, shape, a, b) =>
    made(shape, (...index) => {
      const [i, j] = index.slice(-2) as [number, number]
      const [row, column] = [a, b].map(x => [...index.slice(0, -2)].slice(index.length - x.shape.length).map((at, axis) => (x.shape[axis] === 1 ? 0 : at))) as [number[], number[]] // prettier-ignore
      let total = 0
      for (let k = 0; k < a.shape.at(-1)!; k++)
        total = count(total + count(a.get(...row, i, k) * b.get(...column, k, j)))
      return total
    }),
  sum: reduced(axesIn, (count, row) => row.reduce((a, b) => count(a + b))),
  max: reduced(axesIn, (count, row) => row.reduce((a, b) => larger(count, a, b))),
  argmax: reduced(
    params => [axisIn(params)],
    (count, row) => row.reduce((best, v, i) => (i === 0 ? 0 : count(v > row[best]! ? i : best)), 0),
  ),
  cumsum: (count, params, shape, x) => {
    const { axis, reverse } = params as unknown as { axis: number; reverse: boolean }
    const sums = new Map<string, readonly number[]>()
    return made(shape, (...index) => {
      const key = index.map((i, a) => (a === axis ? 0 : i)).join()
      if (!sums.has(key)) {
        const row = along(x, [axis], index)
        const ordered = reverse ? row.reverse() : row
        const running = ordered.reduce<number[]>((all, v, i) => [...all, i === 0 ? v : count(all[i - 1]! + v)], [])
        sums.set(key, reverse ? running.reverse() : running)
      }
      return sums.get(key)![index[axis]!]!
    })
  },
  softmax: rowwise((count, row) => {
    const most = row.reduce((a, b) => larger(count, a, b), -Infinity)
    const powers = row.map(v => count(Math.exp(count(v - most))))
    const total = powers.reduce((a, b) => count(a + b), 0)
    return powers.map(v => count(v / total))
  }),
  fusedAttention: (count, params, shape, Q, K, V, mask) => {
    const weights = (at: readonly number[]) => {
      const scores = products(count, [...at, 0], V.shape.at(-2)!, Q, K)
        .map(v => count(params['scale']! * v))
        .map((v, j) => (mask ? count(v + broadcasted(mask, [...at, j])) : v))
      const most = scores.reduce((a, b) => larger(count, a, b), -Infinity)
      const powers = scores.map(v => count(Math.exp(count(v - most))))
      const total = powers.reduce((a, b) => count(a + b), 0)
      return { P: powers.map(v => count(v / total)), L: most + Math.log(total) }
    }
    const rows = new Map(indices(shape.slice(0, -1)).map(at => [at.join(), weights(at)]))
    return made(shape, (...index) => {
      const { P, L } = rows.get(index.slice(0, -1).join())!
      const c = index.at(-1)!
      return c === V.shape.at(-1) ? L : mixed(count, P, j => V.get(...index.slice(0, -2), j, c))
    })
  },
  attentionGradient: (count, params, shape, ...xs) => {
    const [Q, K, V, C, L, D, mask] = xs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?]
    const ofQueries = (params['of'] as unknown) === 'queries'
    const scale = params['scale']!
    const scored = new Map(
      indices(Q.shape.slice(0, -1)).map(at => {
        const A = products(count, [...at, 0], V.shape.at(-2)!, Q, K)
        const E = products(count, [...at, 0], V.shape.at(-2)!, C, V).map(v => count(v - D.get(...at, 0)))
        const scores = A.map(v => count(scale * v)).map((v, j) => (mask ? count(v + broadcasted(mask, [...at, j])) : v))
        const P = scores.map(v => count(Math.exp(count(v - L.get(...at, 0)))))
        return [at.join(), { P, PE: P.map((p, j) => count(count(scale * p) * E[j]!)) }]
      }),
    )
    return made(shape, (...index) => {
      const [matrix, i, c] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!]
      if (ofQueries) return mixed(count, scored.get([...matrix, i].join())!.PE, j => K.get(...matrix, j, c))
      const column = (which: 'P' | 'PE'): number[] =>
        Array.from({ length: Q.shape.at(-2)! }, (_, j) => scored.get([...matrix, j].join())![which][i]!)
      const d = K.shape.at(-1)!
      return c < d
        ? mixed(count, column('PE'), j => Q.get(...matrix, j, c))
        : mixed(count, column('P'), j => C.get(...matrix, j, c - d))
    })
  },
  layerNorm: rowwise((count, row, gain, bias) => {
    const mean = row.reduce((a, b) => count(a + b), 0) / row.length
    const squares = row.map(v => count(v - mean)).map(v => count(v * v))
    const inverse = 1 / Math.sqrt(squares.reduce((a, b) => count(a + b), 0) / row.length + 1e-6)
    return row.map((v, i) => count(count(count(count(v - mean) * inverse) * gain.get(i)) + bias.get(i)))
  }),
  stopGradient: moved((_, index, x) => x.get(...index)),
  broadcastTo: moved((_, index, x) => broadcasted(x, index)),
  permute: moved((params, index, x) => x.get(...x.shape.map((_, axis) => index[axesIn(params).indexOf(axis)]!))),
  reshape: (_, __, shape, x) => {
    const all = elements(x)
    let next = 0
    return made(shape, () => all[next++]!)
  },
  slice: moved((params, index, x) => {
    const { axis, from } = params as unknown as { axis: number; from: number }
    return x.get(...index.map((i, a) => (a === axis ? from + i : i)))
  }),
  concat: (_, params, shape, ...xs) =>
    made(shape, (...index) => {
      const axis = axisIn(params)
      let [k, at] = [0, index[axis]!]
      while (at >= xs[k]!.shape[axis]!) at -= xs[k++]!.shape[axis]!
      return xs[k]!.get(...index.map((i, a) => (a === axis ? at : i)))
    }),
  gather: moved((_, index, table, at) => table.get(at.get(...index.slice(0, -1)), index.at(-1)!)),
}

/** Expects of every call that its graph, computed by loops that count, has the results of the references and takes as many operations as
 *  its cost says: those of products, and the rest. */
export const costsWhatItDoes = (calls: Case, numRuns: number): void =>
  fc.assert(
    fc.property(calls, fc.nat(), ({ f, operands }, seed) => {
      const xs = operandsOf(operands, seed, 'float64') as [Tensor, ...Tensor[]]
      const { graph } = trace(f, ...xs)
      const given = [...xs]
      const counted = { products: 0, rest: 0 }
      const values: Tensor[] = []
      for (const n of graph.nodes) {
        if (n.kind === 'input') values.push(given.shift()!)
        else if (n.kind === 'constant') values.push(n.value)
        else {
          const kind: Kind = n.primitive.name === 'matmul' ? 'products' : 'rest'
          const count: Count = (v, operations = 1, of = kind) => {
            counted[of] += operations
            return v
          }
          const define = definitions[n.primitive.name as PrimitiveName]
          values.push(define(count, n.params as Params, n.shape, ...n.operands.map(i => values[i]!)))
        }
      }
      const expected = results(graph, xs)
      graph.outputs.forEach((o, i) => expectClose(values[o]!, expected[i]!, 1e-6, `result ${i}`))
      expect(cost((first: Tensor, ...rest: Tensor[]) => f(first, ...rest), ...xs).flops).to.deep.equal(counted)
    }),
    { numRuns },
  )
