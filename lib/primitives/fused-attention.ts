import { dtypeOf, fromArray, type Tensor } from '../tensor'
import { apply, operation, type Primitive, typed } from '../trace'
import { add } from './add'
import { attentionGradient } from './attention-gradient'
import { concatAll } from './concat'
import { exp } from './exp'
import { log } from './log'
import { matmul } from './matmul'
import { max } from './max'
import { mul } from './mul'
import { slice, split } from './slice'
import { softmax } from './softmax'
import { sub } from './sub'
import { sum } from './sum'
import { addTimes, checkAttention, flats, inner, node, onnxScores, type Scaled, scoresIn, scoresOf, sizesOf } from './support/attention' // prettier-ignore

/** [O, L] = [P·V, ln Σⱼ exp Aᵢⱼ] with A = scale·Q·Kᵀ and P = exp(A − L), its softmax: the output, and in one channel more the logarithm
 *  of each row's sum, from which the derivative has P again. No scores are kept.
 *  ∂V = Pᵀ·Ō,  ∂Q = scale·(P∘E)·K,  ∂K = scale·(P∘E)ᵀ·Q with E = Ō·Vᵀ − D and D = Σ Ō∘O − L̄, row by row. */
const primitive: Primitive<Scaled> = {
  name: 'fusedAttention',
  shape: (p, Q, K, V) => {
    checkAttention('fusedAttention', p, Q, K, V)
    return [...Q.slice(0, -1), V.at(-1)! + 1]
  },
  reference: ({ scale }, Q, K, V) => {
    const { matrices, S, M, d, e } = sizesOf(Q.shape, V.shape)
    const [q, k, v] = flats(Q, K, V)
    const y = new Float64Array(matrices * S * (e + 1))
    const row = new Float64Array(M)
    for (let i = 0; i < matrices * S; i++) {
      const [first, at] = [Math.floor(i / S) * M, i * (e + 1)]
      for (let j = 0; j < M; j++) row[j] = scale * inner(q, i * d, k, (first + j) * d, d)
      const most = row.reduce((a, b) => Math.max(a, b), -Infinity)
      let total = 0
      for (let j = 0; j < M; j++) total += row[j] = Math.exp(row[j]! - most)
      for (let j = 0; j < M; j++) addTimes(y, at, row[j]! / total, v, (first + j) * e, e)
      y[at + e] = most + Math.log(total)
    }
    return fromArray(y, primitive.shape({ scale }, Q.shape, K.shape, V.shape), dtypeOf(Q))
  },
  vjp: ({ scale }, cotangent, y, Q, K, V) => {
    const [d, e] = [Q.shape.at(-1)!, V.shape.at(-1)!]
    const [C, L_bar] = split(cotangent, -1, [e, 1])
    const [O, L] = split(y, -1, [e, 1])
    const D = sub(sum(mul(C, O), [-1]), L_bar)
    const keys = attentionGradient('keys', scale, Q, K, V, C, L, D)
    const [dK, dV] = split(keys, -1, [d, e])
    return [attentionGradient('queries', scale, Q, K, V, C, L, D), dK, dV]
  },
  flops: (_, _y, Q, K, V) => scoresIn(Q, K) * (2 * (Q.at(-1)! + V.at(-1)!) + 6),
  products: (_, _y, Q, K, V) => 2 * scoresIn(Q, K) * (Q.at(-1)! + V.at(-1)!),
  onnx: ({ scale }, Q) => {
    const A = onnxScores(Q.length, scale)
    const O = node('MatMul', { op: 'Softmax', inputs: [A], attributes: { axis: -1 } }, 2)
    const L = { op: 'ReduceLogSumExp', inputs: [A], attributes: { axes: [-1], keepdims: 1 } }
    return { ...node('Concat', O, L), attributes: { axis: -1 } }
  },
  kernel: ({ scale }) => ({
    attention: { of: 'output', scale },
    made: (...operands) => {
      const [Q, K, V] = operands as [Tensor, Tensor, Tensor]
      const A = scoresOf(Q, K, scale)
      const most = max(A, [-1])
      const L = add(most, log(sum(exp(sub(A, most)), [-1])))
      return concatAll(-1, [matmul(softmax(A), V), L])
    },
  }),
  needs: (_, part, y) => {
    if (part.axis === y.length - 1) return undefined
    return part.axis === y.length - 2 ? [part, null, null] : [part, part, part]
  },
}

/** Attention that keeps no scores: Softmax(scale·Q·Kᵀ)·V, of memory that grows as the tokens do and not as their square. With d
 *  channels of a head the scale of Eq. (11) is 1/√d; of heads that are twice as wide, as in cross-stage attention, it is 1/√d
 *  still. Differs on onnx, cpu and webasm where a score is beyond float32, which the reference has in float64.
 *  Throws ShapeError where queries, keys and values do not fit, UserError for a scale that is no finite number. */
export const fusedAttention = operation(
  primitive,
  typed('Q[..., S, d], K[..., M, d], V[..., M, e], scale -> [..., S, e]', (Q, K, V, scale: number) =>
    slice(apply(primitive, { scale }, Q, K, V), -1, 0, V.shape.at(-1)!),
  ),
)
