import { dtypeOf, fromArray, type Real, type Shape, type Tensor } from '../tensor'
import { apply, operation, type Primitive } from '../trace'
import { add } from './add'
import { concatAll } from './concat'
import { matmul } from './matmul'
import { mul, scale as scaled } from './mul'
import { transpose } from './permute'
import { split } from './slice'
import { sum } from './sum'
import {
  addTimes,
  checkAttention,
  checkShape,
  flats,
  inner,
  masking,
  node,
  onnxScores,
  type Scaled,
  scoresIn,
  scoresShape,
  sizesOf,
  turned,
  weightsOf,
} from './support/attention'
import { along, elementwise } from './support/parts'
import { unbroadcast } from './support/unbroadcast'

/** Of the queries, or of the keys and values: those of all rows of scores, or of all columns. */
type Side = 'queries' | 'keys'
interface Params extends Scaled {
  readonly of: Side
}

/** Σ of each row, negative. */
const lessRows = (x: Tensor): Tensor => scaled(sum(x, [-1]), -1)

/** The channels of all products with P, P∘E and the scores. */
const channelsOf = (of: Side, Q: Shape, V: Shape): number => {
  const [d, e] = [Q.at(-1)!, V.at(-1)!]
  return d + e + (of === 'queries' ? d : d + e)
}

/** ∂Q = scale·(P∘E)·K of the queries, or [∂K, ∂V] = [scale·(P∘E)ᵀ·Q, Pᵀ·C] of the keys, where P = exp(scale·Q·Kᵀ + mask − L) is
 *  computed again and E = C·Vᵀ − D. No scores are kept.
 *  Its own derivative stores them: with G the cotangent of P∘E and H the one of P beside it, ∂(Q·Kᵀ) = scale·(G∘E + H)∘P and ∂E = G∘P. */
const primitive: Primitive<Params> = {
  name: 'attentionGradient',
  shape: ({ of, scale }, Q, K, V, C, L, D, mask?: Shape) => {
    const who = 'attentionGradient'
    checkAttention(who, { scale }, Q, K, V, mask)
    checkShape(who, 'C', C, [...Q.slice(0, -1), V.at(-1)!])
    checkShape(who, 'L', L, [...Q.slice(0, -1), 1])
    checkShape(who, 'D', D, [...Q.slice(0, -1), 1])
    return of === 'queries' ? [...Q] : [...K.slice(0, -1), K.at(-1)! + V.at(-1)!]
  },
  reference: (p, ...xs) => {
    const [Q, K, V] = xs as [Tensor, Tensor, Tensor]
    const { matrices, S, M, d, e } = sizesOf(Q.shape, V.shape)
    const [q, k, v, c, l, D] = flats(...xs) as [Real, Real, Real, Real, Real, Real]
    const { of, scale } = p
    const added = masking(xs[6], scoresShape(Q.shape, K.shape))
    const shape = primitive.shape(p, ...xs.map(x => x.shape))
    const y = new Float64Array(matrices * (of === 'queries' ? S * d : M * (d + e)))
    for (let i = 0; i < matrices * S; i++)
      for (let j = Math.floor(i / S) * M, end = j + M; j < end; j++) {
        const score = scale * inner(q, i * d, k, j * d, d) + added(i * M + (j % M))
        const weight = Math.exp(score - l[i]!)
        const both = scale * weight * (inner(c, i * e, v, j * e, e) - D[i]!)
        if (of === 'queries') addTimes(y, i * d, both, k, j * d, d)
        else {
          addTimes(y, j * (d + e), both, q, i * d, d)
          addTimes(y, j * (d + e) + d, weight, c, i * e, e)
        }
      }
    return fromArray(y, shape, dtypeOf(Q))
  },
  vjp: ({ of, scale }, ct, _y, ...xs) => {
    const [Q, K, V, C] = xs as [Tensor, Tensor, Tensor, Tensor]
    const mask = xs[6]
    const { P, E, PE } = weightsOf(xs, scale)
    const through = (G: Tensor, H?: Tensor) => {
      const A = mul(P, H ? add(mul(G, E), H) : mul(G, E))
      const GP = mul(G, P)
      return {
        Q: scaled(matmul(A, K), scale),
        K: scaled(matmul(transpose(A), Q), scale),
        V: matmul(transpose(GP), C),
        C: matmul(GP, V),
        rest: [lessRows(A), lessRows(GP), ...(mask ? [unbroadcast(A, mask.shape)] : [])],
      }
    }
    if (of === 'queries') {
      const on = through(scaled(matmul(ct, transpose(K)), scale))
      return [on.Q, add(on.K, scaled(matmul(transpose(PE), ct), scale)), on.V, on.C, ...on.rest]
    }
    const [ofK, ofV] = split(ct, -1, [Q.shape.at(-1)!, V.shape.at(-1)!])
    const on = through(scaled(matmul(Q, transpose(ofK)), scale), matmul(C, transpose(ofV)))
    return [add(on.Q, scaled(matmul(PE, ofK), scale)), on.K, on.V, add(on.C, matmul(P, ofV)), ...on.rest]
  },
  flops: ({ of }, _y, Q, K, V, _C, _L, _D, ...mask) => scoresIn(Q, K) * (2 * channelsOf(of, Q, V) + 6 + mask.length),
  products: ({ of }, _y, Q, K, V) => 2 * scoresIn(Q, K) * channelsOf(of, Q, V),
  onnx: ({ of, scale }, ...xs) => {
    const Q = xs[0]!
    const rank = Q.length
    const P = node('Exp', node('Sub', onnxScores(rank, scale, xs[6] && 6), 4))
    const PE = node('Mul', P, node('Sub', node('MatMul', 3, turned(rank, 2)), 5))
    if (of === 'queries') return node('Mul', node('MatMul', PE, 1), { scalar: scale })
    const dK = node('Mul', node('MatMul', turned(rank, PE), 0), { scalar: scale })
    return { ...node('Concat', dK, node('MatMul', turned(rank, P), 3)), attributes: { axis: -1 } }
  },
  kernel: ({ of, scale }) => ({
    attention: { of, scale },
    made: (...xs) => {
      const [Q, K, , C] = xs as [Tensor, Tensor, Tensor, Tensor]
      const { P, PE } = weightsOf(xs, scale)
      if (of === 'queries') return scaled(matmul(PE, K), scale)
      return concatAll(-1, [scaled(matmul(transpose(PE), Q), scale), matmul(transpose(P), C)])
    },
  }),
  needs: ({ of }, part, y, ...xs) => {
    if (part.axis === y.length - 1) return undefined
    const inRows = part.axis === y.length - 2
    const inMask = inRows && of === 'keys' ? along(part, y.length - 1) : part
    const ofMask = elementwise({}, inMask, y, ...xs.slice(6))
    if (!inRows) return [part, part, part, part, part, part, ...ofMask]
    return [
      ...(of === 'queries' ? [part, null, null, part, part, part] : [null, part, part, null, null, null]),
      ...ofMask,
    ]
  },
}

/** What the derivative of `fusedAttention` is made of: the cotangent of the queries, or those of keys and values side by side.
 *  @param of whose
 *  @param scale that of the attention
 *  @param C the cotangent of the output
 *  @param L the logarithm of each row's sum, as `fusedAttention` has it
 *  @param D what is taken from each row of C·Vᵀ: its mean by the attention
 *  @param mask what is added to the scores, if anything
 *  Throws ShapeError where operands do not fit. */
export const attentionGradient = operation(
  primitive,
  (of: Side, scale: number, Q: Tensor, K: Tensor, V: Tensor, C: Tensor, L: Tensor, D: Tensor, mask?: Tensor): Tensor =>
    apply(primitive, { of, scale }, Q, K, V, C, L, D, ...(mask === undefined ? [] : [mask])),
)
