/** What attention and its derivative share: sizes, rows of scores, and both in other operations. */
import { broadcast, flat, type Real, repeated, type Shape, ShapeError, sameSizes, shown, sizeOf, type Tensor, UserError } from '../../tensor' // prettier-ignore
import type { OnnxInput, OnnxNode } from '../../trace'
import { add } from '../add'
import { exp } from '../exp'
import { matmul } from '../matmul'
import { mul, scale as scaled } from '../mul'
import { transpose } from '../permute'
import { sub } from '../sub'
import { lastTwoSwapped } from './axes'

/** What is multiplied with Q·Kᵀ before the softmax. */
export interface Scaled {
  readonly scale: number
}

/** Sizes of attention: S queries and M keys of d channels, M values of e channels, in so many matrices. */
export interface Sizes {
  readonly matrices: number
  readonly S: number
  readonly M: number
  readonly d: number
  readonly e: number
}
export const sizesOf = (Q: Shape, V: Shape): Sizes => ({
  matrices: sizeOf(Q.slice(0, -2)),
  S: Q.at(-2)!,
  M: V.at(-2)!,
  d: Q.at(-1)!,
  e: V.at(-1)!,
})

/** How many scores there are of queries and keys. */
export const scoresIn = (Q: Shape, K: Shape): number => sizeOf(Q.slice(0, -1)) * K.at(-2)!

const list = (x: Shape): string => `[${x.join(', ')}]`
/** Throws ShapeError unless an operand has a shape. */
export const checkShape = (who: string, name: string, x: Shape, expected: Shape): void => {
  if (!sameSizes(x, expected)) throw new ShapeError(`${who}: ${name} must be ${list(expected)}, got ${list(x)}`)
}
/** The shape of the scores. */
export const scoresShape = (Q: Shape, K: Shape): Shape => [...Q.slice(0, -1), K.at(-2)!]
/** Throws ShapeError where queries, keys, values and mask do not fit, UserError for a scale that is no finite number. */
export const checkAttention = (
  who: string,
  { scale }: Scaled,
  Q: Shape,
  K: Shape,
  V: Shape,
  mask: Shape = [],
): void => {
  if (!Number.isFinite(scale)) throw new UserError(`${who}: the scale must be a finite number, got ${shown(scale)}`)
  for (const [name, x] of Object.entries({ Q, K, V }))
    if (x.length < 2) throw new ShapeError(`${who}: ${name} must be a matrix, got ${list(x)}`)
  checkShape(who, 'K', K, [...Q.slice(0, -2), K.at(-2)!, Q.at(-1)!])
  checkShape(who, 'V', V, [...Q.slice(0, -2), K.at(-2)!, V.at(-1)!])
  const A = scoresShape(Q, K)
  if (!sameSizes(broadcast(A, mask) ?? [], A))
    throw new ShapeError(`${who}: the mask must broadcast to the scores, ${list(A)}, got ${list(mask)}`)
}

// ---- the reference: a row of scores at a time ------------------------------------------------------------------------

/** a·b, of n elements each. */
export const inner = (a: Real, i: number, b: Real, j: number, n: number): number => {
  let sum = 0
  for (let c = 0; c < n; c++) sum += a[i + c]! * b[j + c]!
  return sum
}
/** Adds w·x, of n elements each. */
export const addTimes = (out: Float64Array, i: number, w: number, x: Real, j: number, n: number): void => {
  for (let c = 0; c < n; c++) out[i + c]! += w * x[j + c]!
}
/** What is added to the score of a place among all of them. */
export const masking = (mask: Tensor | undefined, scores: Shape): ((place: number) => number) => {
  if (!mask) return () => 0
  const all = flat(repeated(mask, scores))
  return place => all[place]!
}
/** All elements of some tensors, in row-major order. */
export const flats = <T extends readonly Tensor[]>(...xs: T): { [I in keyof T]: Real } =>
  xs.map(x => flat(x)) as { [I in keyof T]: Real }

// ---- in other operations, which store scores -------------------------------------------------------------------------

/** scale·Q·Kᵀ + mask. */
export const scoresOf = (Q: Tensor, K: Tensor, scale: number, mask?: Tensor): Tensor => {
  const A = scaled(matmul(Q, transpose(K)), scale)
  return mask ? add(A, mask) : A
}

/** P = exp(scale·Q·Kᵀ + mask − L), the attention, E = C·Vᵀ − D, and P∘E, the cotangent of the scores. */
export const weightsOf = (xs: readonly Tensor[], scale: number) => {
  const [Q, K, V, C, L, D, mask] = xs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?]
  const P = exp(sub(scoresOf(Q, K, scale, mask), L))
  const E = sub(matmul(C, transpose(V)), D)
  return { P, E, PE: mul(P, E) }
}

/** An ONNX node of several operands. */
export const node = (op: string, ...inputs: readonly OnnxInput[]): OnnxNode => ({ op, inputs })
/** The last two axes swapped, of so many. */
export const turned = (rank: number, x: OnnxInput): OnnxNode => ({
  op: 'Transpose',
  inputs: [x],
  attributes: { perm: lastTwoSwapped(rank) },
})
/** scale·Q·Kᵀ of the first two operands, and the mask, where there is one, that stands at a place. */
export const onnxScores = (rank: number, scale: number, mask?: OnnxInput): OnnxNode => {
  const A = node('Mul', node('MatMul', 0, turned(rank, 1)), { scalar: scale })
  return mask === undefined ? A : node('Add', A, mask)
}
