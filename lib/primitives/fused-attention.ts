import { dtypeOf, fromArray, type Shape, type Tensor } from '../tensor'
import { strict } from '../tensor/given'
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
import { addTimes, checkAttention, flats, inner, masking, node, onnxScores, type Scaled, scoresIn, scoresOf, scoresShape, sizesOf, weightsOf } from './support/attention' // prettier-ignore
import { elementwise } from './support/parts'
import { unbroadcast } from './support/unbroadcast'

/** [O, L] = [P·V, ln Σⱼ exp Aᵢⱼ] with A = scale·Q·Kᵀ + mask, where there is a mask, and P = exp(A − L), its softmax: the output, and in one channel more the logarithm
 *  of each row's sum, from which the derivative has P again. No scores are kept.
 *  ∂V = Pᵀ·Ō,  ∂Q = scale·(P∘E)·K,  ∂K = scale·(P∘E)ᵀ·Q with E = Ō·Vᵀ − D and D = Σ Ō∘O − L̄, row by row;  ∂mask = P∘E, summed over
 *  what was broadcast, is of as many numbers as there are scores, for whoever asks for it. */
const primitive: Primitive<Scaled> = {
  name: 'fusedAttention',
  shape: (p, Q, K, V, mask?: Shape) => {
    checkAttention('fusedAttention', p, Q, K, V, mask)
    return [...Q.slice(0, -1), V.at(-1)! + 1]
  },
  reference: ({ scale }, Q, K, V, mask?: Tensor) => {
    const { matrices, S, M, d, e } = sizesOf(Q.shape, V.shape)
    const [q, k, v] = flats(Q, K, V)
    const y = new Float64Array(matrices * S * (e + 1))
    const row = new Float64Array(M)
    const added = masking(mask, scoresShape(Q.shape, K.shape))
    for (let i = 0; i < matrices * S; i++) {
      const [first, at] = [Math.floor(i / S) * M, i * (e + 1)]
      for (let j = 0; j < M; j++) row[j] = scale * inner(q, i * d, k, (first + j) * d, d) + added(i * M + j)
      const most = row.reduce((a, b) => Math.max(a, b), -Infinity)
      let total = 0
      for (let j = 0; j < M; j++) total += row[j] = Math.exp(row[j]! - most)
      for (let j = 0; j < M; j++) addTimes(y, at, row[j]! / total, v, (first + j) * e, e)
      y[at + e] = most + Math.log(total)
    }
    return fromArray(y, primitive.shape({ scale }, Q.shape, K.shape, V.shape), dtypeOf(Q))
  },
  vjp: ({ scale }, cotangent, y, Q, K, V, mask?: Tensor) => {
    const [d, e] = [Q.shape.at(-1)!, V.shape.at(-1)!]
    const [C, L_bar] = split(cotangent, -1, [e, 1])
    const [O, L] = split(y, -1, [e, 1])
    const D = sub(sum(mul(C, O), [-1]), L_bar)
    const all = [Q, K, V, C, L, D, ...(mask ? [mask] : [])] as const
    const keys = attentionGradient('keys', scale, ...all)
    const [dK, dV] = split(keys, -1, [d, e])
    const ofMask = mask ? [unbroadcast(weightsOf(all, scale).PE, mask.shape)] : []
    return [attentionGradient('queries', scale, ...all), dK, dV, ...ofMask]
  },
  flops: (_, _y, Q, K, V, ...mask) => scoresIn(Q, K) * (2 * (Q.at(-1)! + V.at(-1)!) + 6 + mask.length),
  products: (_, _y, Q, K, V) => 2 * scoresIn(Q, K) * (Q.at(-1)! + V.at(-1)!),
  onnx: ({ scale }, Q, _K, _V, mask?: Shape) => {
    const A = onnxScores(Q.length, scale, mask && 3)
    const O = node('MatMul', { op: 'Softmax', inputs: [A], attributes: { axis: -1 } }, 2)
    const L = { op: 'ReduceLogSumExp', inputs: [A], attributes: { axes: [-1], keepdims: 1 } }
    return { ...node('Concat', O, L), attributes: { axis: -1 } }
  },
  kernel: ({ scale }) => ({
    attention: { of: 'output', scale },
    made: (...operands) => {
      const [Q, K, V, mask] = operands as [Tensor, Tensor, Tensor, Tensor?]
      const A = scoresOf(Q, K, scale, mask)
      const most = max(A, [-1])
      const L = add(most, log(sum(exp(sub(A, most)), [-1])))
      return concatAll(-1, [matmul(softmax(A), V), L])
    },
  }),
  needs: (_, part, y, _Q, _K, _V, ...mask) => {
    if (part.axis === y.length - 1) return undefined
    const ofMask = elementwise({}, part, y, ...mask)
    return part.axis === y.length - 2 ? [part, null, null, ...ofMask] : [part, part, part, ...ofMask]
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

/** The same with something added to the scores, of any shape that broadcasts to them: Softmax(scale·Q·Kᵀ + mask)·V. It is 0 where a
 *  query sees a key and −∞ where it does not, or a bias. A query whose keys are all masked has no attention: NaN.
 *  Throws ShapeError where operands do not fit, UserError for a scale that is no finite number. */
export const fusedMaskedAttention = strict(
  'fusedMaskedAttention',
  typed(
    'Q[..., S, d], K[..., M, d], V[..., M, e], mask[...mask], scale -> [..., S, e]',
    (Q, K, V, mask, scale: number) => slice(apply(primitive, { scale }, Q, K, V, mask), -1, 0, V.shape.at(-1)!),
  ),
)
