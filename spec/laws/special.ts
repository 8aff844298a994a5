/** Special values: what primitives make of NaN, infinities, −0, denormals and the largest numbers, on an engine beside the
 *  reference. */
import {
  abs,
  add,
  argmax,
  attentionGradient,
  broadcastTo,
  concatAll,
  cos,
  cumsum,
  div,
  equal,
  erf,
  exp,
  fusedAttention,
  gather,
  gelu,
  greater,
  layerNorm,
  log,
  matmul,
  max,
  maximum,
  minimum,
  mul,
  permute,
  pow,
  type PrimitiveName,
  relu,
  reshape,
  sigmoid,
  sin,
  slice,
  softmax,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
  where,
} from '../../lib/primitives'
import { flat, fromArray, full, type Tensor } from '../../lib/tensor'
import { trace } from '../../lib/trace'
import type { Kind } from '../../docs/generator/special-values'
import type { EngineUnderTest } from './engines'

const LARGEST = 2 ** 128 - 2 ** 104
const specials: readonly (readonly [kind: Kind | 'usual', value: number])[] = [
  ['usual', 1],
  ['usual', -2],
  ['usual', 0],
  ['NaN', NaN],
  ['±Infinity', Infinity],
  ['±Infinity', -Infinity],
  ['−0', -0],
  ['denormals', 2 ** -140],
  ['denormals', -(2 ** -140)],
  ['the largest', LARGEST],
  ['the largest', -LARGEST],
]

/** A call on columns of numbers, each of which gives numbers of its own: elementwise, and along the first axis. */
type Call = (...xs: Tensor[]) => Tensor
const one = (v: number) => full(v, [])
/** A query of a channel, or one of two keys or values beside 1, for each column. */
const query = (x: Tensor): Tensor => reshape(x, [x.shape[1]!, 1, 1])
const two = (x: Tensor): Tensor => concatAll(1, [query(x), broadcastTo(one(1), [x.shape[1]!, 1, 1])])
const numbers = (x: Tensor): Tensor => permute(reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]!]), [1, 0])
const slopes = (of: 'queries' | 'keys', q: Tensor, k: Tensor, v: Tensor): Tensor => {
  const [C, L, D] = [1, 2, 0.5].map(c => broadcastTo(one(c), [q.shape[1]!, 1, 1])) as [Tensor, Tensor, Tensor]
  return numbers(attentionGradient(of, 1, query(q), two(k), two(v), C, L, D))
}
/** Each primitive on columns `[n, m]` of special values; one without a call does not compile. */
const calls: Readonly<Record<PrimitiveName, readonly [operands: number, rows: number, call: Call]>> = {
  ...{ abs: [1, 1, abs], add: [2, 1, add], argmax: [1, 3, x => argmax(x, 0)] },
  attentionGradient: [3, 1, (q, k, v) => concatAll(0, [slopes('queries', q, k, v), slopes('keys', q, k, v)])],
  broadcastTo: [1, 1, x => broadcastTo(x, [2, x.shape[1]!])],
  concat: [2, 1, (a, b) => concatAll(0, [a, b])],
  ...{ cos: [1, 1, cos], cumsum: [1, 3, x => cumsum(x, 0)], div: [2, 1, div], equal: [2, 1, equal] },
  ...{ erf: [1, 1, erf], exp: [1, 1, exp] },
  fusedAttention: [3, 1, (q, k, v) => numbers(fusedAttention(query(q), two(k), two(v), 1))],
  gather: [1, 2, x => gather(x, fromArray([1, 0]))],
  ...{ gelu: [1, 1, gelu], greater: [2, 1, greater] },
  layerNorm: [1, 3, x => permute(layerNorm(permute(x, [1, 0]), fromArray([1, 1, 1]), fromArray([0, 0, 0])), [1, 0])],
  ...{ log: [1, 1, log] },
  matmul: [1, 3, x => matmul(fromArray([1, 1, 1], [1, 3]), x)],
  ...{ max: [1, 3, x => max(x, [0])], maximum: [2, 1, maximum], minimum: [2, 1, minimum], mul: [2, 1, mul] },
  permute: [1, 2, x => permute(permute(x, [1, 0]), [1, 0])],
  pow: [
    1,
    1,
    x =>
      concatAll(
        0,
        [-1, 0, 0.5, 2, 3].map(c => pow(x, c)),
      ),
  ],
  ...{ relu: [1, 1, relu], reshape: [1, 1, x => reshape(x, [1, 1, x.shape[1]!])] },
  ...{ sigmoid: [1, 1, sigmoid], sin: [1, 1, sin], slice: [1, 2, x => slice(x, 0, 1, 2)] },
  softmax: [1, 3, x => permute(softmax(permute(x, [1, 0])), [1, 0])],
  ...{ sqrt: [1, 1, sqrt], stopGradient: [1, 1, stopGradient], sub: [2, 1, sub], sum: [1, 3, x => sum(x, [0])] },
  ...{ tanh: [1, 1, tanh], where: [2, 1, (a, b) => where(a, b, one(5))] },
}
export const primitiveNames = Object.keys(calls) as PrimitiveName[]

/** All columns of so many special values. */
const columns = (n: number): (typeof specials)[number][][] =>
  n === 0 ? [[]] : columns(n - 1).flatMap(before => specials.map(value => [...before, value]))

/** Whether two numbers are one, or as near as engines come. */
const alike = (expected: number, found: number): boolean => {
  if (Number.isNaN(expected) || Number.isNaN(found)) return Number.isNaN(expected) === Number.isNaN(found)
  if (expected === 0 || found === 0 || !Number.isFinite(expected) || !Number.isFinite(found))
    return Object.is(expected, found) || Math.abs(expected - found) < 2 ** -149
  return Math.abs(expected - found) <= 1e-5 * Math.abs(expected) || Math.abs(expected - found) < 2 ** -149
}

export interface Difference {
  readonly kinds: readonly Kind[]
  readonly of: readonly number[]
  readonly expected: readonly number[]
  readonly found: readonly number[]
}

/** Where an engine makes other numbers than the reference. */
export const differences = async (name: PrimitiveName, engine: EngineUnderTest): Promise<Difference[]> => {
  const [operands, rows, call] = calls[name]
  const all = columns(operands * rows).filter(
    column => operands * rows < 3 || new Set(column.flatMap(([kind]) => (kind === 'usual' ? [] : [kind]))).size < 2,
  )
  const tensor = (from: number): Tensor =>
    fromArray(Array.from({ length: rows }, (_, r) => all.map(column => column[from * rows + r]![1])).flat(), [
      rows,
      all.length,
    ])
  const given = Array.from({ length: operands }, (_, k) => tensor(k))
  const expected = flat(call(...given))
  const [made] = await engine.run(trace(call, ...given).graph, given)
  const found = flat(made!)
  return all.flatMap((column, m) => {
    const of = (values: ArrayLike<number>): number[] =>
      Array.from({ length: values.length / all.length }, (_, r) => values[r * all.length + m]!)
    const [e, f] = [of(expected), of(found)]
    if (e.every((value, i) => alike(value, f[i]!))) return []
    const special = [...new Set(column.flatMap(([kind]) => (kind === 'usual' ? [] : [kind])))]
    return [
      {
        kinds: special.length === 0 ? ['outside the domain'] : special,
        of: column.map(([, value]) => value),
        expected: e,
        found: f,
      },
    ]
  })
}
