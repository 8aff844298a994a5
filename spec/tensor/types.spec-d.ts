/** What the compiler accepts and refuses. `npm run check` compiles this file and runs nothing of it: every `is` is a type
 *  that must be exactly so, and every line under @ts-expect-error must fail for the reason beside it. */
import type { NdArray } from 'ndarray'
import {
  add,
  concat,
  div,
  equal,
  exp,
  layerNorm,
  matmul,
  max,
  mean,
  oneHot,
  permute,
  rearrange,
  reshape,
  scale,
  slice,
  softmax,
  split,
  sum,
  total,
  transpose,
} from '../../lib/primitives'
import { fromArray, full, type Readable, type SizesOf, type Tensor, zeros } from '../../lib/tensor'
import { equation } from '../../lib/trace'
import { grad, valueAndGrad } from '../../lib/transforms'

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
/** Asserts that a value's type is exactly `B`. */
declare const is: <B>() => <A>(value: A, ...same: Same<A, B> extends true ? [] : [{ expected: B; found: A }]) => void
/** A label of which nothing is known: it fits every other. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Unknown = any
/** A tensor of these labels. */
declare const t: <const S extends readonly string[]>(...labels: S) => Tensor<[...S]>
declare const unlabelled: Tensor
declare const single: NdArray<Float32Array>
declare const double: NdArray<Float64Array>
declare const integers: NdArray<Int32Array>
declare const nothing: never

export const equations = (): void => {
  const positionEncoding = equation(
    'Position encoding',
    "V_cls[B*T, 1, C'], V[B*T, P, C'], P_s[1, 1+P, C'], P_t[T, 1, C'] -> V_0[B*T, 1+P, C']",
    () => nothing,
  )
  const V_cls = t('B*T', '1', "C'")
  const V = t('B*T', 'P', "C'")
  const P_s = t('1', '1+P', "C'")
  const P_t = t('T', '1', "C'")
  const V_0 = positionEncoding(V_cls, V, P_s, P_t)
  is<Tensor<['B*T', '1+P', "C'"]>>()(V_0)

  // The caller's labels are its own, products and sums among them.
  const other = positionEncoding(t('F*G', '1', 'E'), t('F*G', 'Q*R', 'E'), t('1', '1+Q*R', 'E'), t('G', '1', 'E'))
  is<Tensor<['F*G', '1+Q*R', 'E']>>()(other)
  const sums = positionEncoding(t('B*(1+S)', '1', 'C'), t('B*(1+S)', 'P', 'C'), t('1', '1+P', 'C'), t('1+S', '1', 'C'))
  is<Tensor<['B*(1+S)', '1+P', 'C']>>()(sums)

  // Tensors without labels, and plain ndarrays, are checked when it runs; what they would tell is then unknown.
  is<Tensor<['B*T', '1+P', "C'"]>>()(positionEncoding(V_cls, V, unlabelled, single))
  is<Tensor<['B*T', Unknown, "C'"]>>()(positionEncoding(V_cls, unlabelled, unlabelled, unlabelled))
  is<Tensor<[Unknown, Unknown, Unknown]>>()(positionEncoding(double, double, double, double))

  // @ts-expect-error other channels
  positionEncoding(V_cls, V, P_s, t('T', '1', 'D'))
  // @ts-expect-error P_s lacks the class token
  positionEncoding(V_cls, V, t('1', 'P', "C'"), P_t)
  // @ts-expect-error P_t is of other frames
  positionEncoding(V_cls, V, P_s, t('F', '1', "C'"))
  // @ts-expect-error swapped
  positionEncoding(V, V_cls, P_s, P_t)
  // @ts-expect-error one too few
  positionEncoding(V_cls, V, P_s)
  // @ts-expect-error one too many
  positionEncoding(V_cls, V, P_s, P_t, P_t)
  // @ts-expect-error rank too small
  positionEncoding(V_cls, V, t('1+P', "C'"), P_t)
  // @ts-expect-error rank too large
  positionEncoding(V_cls, V, P_s, t('1', 'T', '1', "C'"))
  // @ts-expect-error not a tensor
  positionEncoding(V_cls, V, P_s, [1, 2])
  // @ts-expect-error not of floats
  positionEncoding(V_cls, V, P_s, integers)
}

export const typedPrimitives = (): void => {
  is<Tensor<['N', 'L', 'D']>>()(matmul(t('N', 'L', 'C'), t('C', 'D')))
  is<Tensor<['N', 'h', 'L', 'S']>>()(matmul(t('N', 'h', 'L', 'd'), t('N', 'h', 'd', 'S')))
  is<Tensor<['N', 'h', 'L', 'S']>>()(matmul(t('N', 'h', 'L', 'd'), t('h', 'd', 'S')))
  is<Tensor<['N', 'h', 'd', 'L']>>()(transpose(t('N', 'h', 'L', 'd')))
  is<Tensor<['N', 'T', 'C']>>()(add(t('N', '1', 'C'), t('N', 'T', '1')))
  is<Tensor<['N', 'T', 'C']>>()(div(t('N', 'T', 'C'), t()))
  is<Tensor<['N', 'T', 'C']>>()(equal(t('C'), t('N', 'T', 'C')))
  is<Tensor<['N', 'C']>>()(layerNorm(t('N', 'C'), t('C'), t('C')))
  is<Tensor<['N', 'C']>>()(softmax(exp(scale(t('N', 'C'), 2))))
  is<Tensor<['N', '1']>>()(sum(t('N', 'C'), [1]))
  is<Tensor<['N', '1']>>()(sum(t('N', 'C'), [-1]))
  is<Tensor<['1', 'S', '1']>>()(mean(t('N', 'S', 'C'), [0, -1]))
  is<Tensor<['1', '1']>>()(mean(t('N', 'C'), [0, 1]))
  is<Tensor<['1', 'C']>>()(max(t('N', 'C'), [0]))
  is<Tensor<[]>>()(total(t('N', 'C')))
  is<Tensor<['B', 'K']>>()(oneHot(t('B'), 10))
  is<Tensor>()(matmul(unlabelled, t('C', 'D')))
  is<Tensor>()(add(unlabelled, t('C', 'D')))
  is<Tensor>()(softmax(unlabelled))
  // @ts-expect-error inner labels differ
  matmul(t('N', 'L', 'C'), t('D', 'C'))
  // @ts-expect-error a vector is no matrix
  matmul(t('N', 'C'), t('C'))
  // @ts-expect-error batches differ
  matmul(t('N', 'L', 'C'), t('M', 'C', 'D'))
  // @ts-expect-error B*T is not T
  add(t('B*T', 'P', 'C'), t('T', '1', 'C'))
  // @ts-expect-error the gain is as long as the last dimension
  layerNorm(t('N', 'L', 'C'), t('L'), t('C'))
  // @ts-expect-error a vector cannot be transposed
  transpose(t('N'))
  // @ts-expect-error labels come in one dimension
  oneHot(t('B', 'T'), 10)
}

export const regrouping = (): void => {
  is<Tensor<['B*P', 'T', 'C']>>()(rearrange('[B*T, N, C] -> [B*N, T, C]', t('B*T', 'P', 'C'), { T: 8 }))
  is<Tensor<['B*(1+P)', 'T', 'C']>>()(rearrange('[B*T, N, C] -> [B*N, T, C]', t('B*T', '1+P', 'C'), { T: 8 }))
  is<Tensor<['N', 'h', 'L', 'd']>>()(rearrange('[N, L, h*d] -> [N, h, L, d]', t('N', 'L', 'h*d'), { h: 2 }))
  is<Tensor<['B*T', '1', 'C']>>()(rearrange('[T, 1, C] -> [B*T, 1, C]', t('T', '1', 'C'), { B: 2 }))
  is<Tensor<['C', 'N', 'L']>>()(rearrange('[..., C] -> [C, ...]', t('N', 'L', 'C')))
  is<Tensor<[Unknown, Unknown, Unknown]>>()(rearrange('[B*T, N, C] -> [B*N, T, C]', unlabelled, { T: 8 }))
  // @ts-expect-error the first dimension is no product
  rearrange('[B*T, N, C] -> [B*N, T, C]', t('N', 'P', 'C'))
  // @ts-expect-error rank
  rearrange('[N, C] -> [C, N]', t('N', 'L', 'C'))
  // @ts-expect-error a size is a number
  rearrange('[B*T, C] -> [B, T, C]', t('B*T', 'C'), { T: '8' })

  const [cls, patches] = split(t('N', '1+P', 'C'), 1, [1, 49])
  is<Tensor<['N', '1', 'C']>>()(cls)
  is<Tensor<['N', 'P', 'C']>>()(patches)
  is<Tensor<['N', '1+P', 'C']>>()(concat(1, cls, patches))
  is<Tensor<['N', '1+P', 'C']>>()(concat(-2, cls, patches))
  is<Tensor<['N', '49', 'C']>>()(split(t('N', '1+49', 'C'), -2, [1, 49])[1])
  is<Tensor<['N', '1+B*T', 'C']>>()(concat(1, t('N', '1', 'C'), t('N', 'B*T', 'C')))
  is<Tensor>()(concat(1, unlabelled, t('N', 'P', 'C')))
  is<Tensor>()(split(unlabelled, 0, [1, 2])[1])
  // @ts-expect-error channels differ
  concat(1, t('N', '1', 'C'), t('N', 'P', 'D'))
  // @ts-expect-error ranks differ
  concat(1, t('N', '1', 'C'), t('N', 'P'))
  // @ts-expect-error joined along another axis
  concat(0, t('N', '1', 'C'), t('N', 'P', 'C'))
  // @ts-expect-error there are two parts
  void split(t('N', '1+P', 'C'), 1, [1, 49])[2]
}

export const listsAndRecords = (): void => {
  const FAM = equation('FAM', 'Vs{V[N, T, C], beta[]}*, V_L[N, T, C] -> Y[N, T, C]', () => nothing)
  is<Tensor<['B*P', 'T', 'E']>>()(FAM([{ V: t('B*P', 'T', 'E'), beta: t() }], t('B*P', 'T', 'E')))
  is<Tensor<['N', 'T', 'C']>>()(FAM([], t('N', 'T', 'C')))
  // @ts-expect-error a list is expected
  FAM({ V: t('N', 'T', 'C'), beta: t() }, t('N', 'T', 'C'))
  // @ts-expect-error an item of other channels
  FAM([{ V: t('N', 'T', 'D'), beta: t() }], t('N', 'T', 'C'))
  // @ts-expect-error an item without beta
  FAM([{ V: t('N', 'T', 'C') }], t('N', 'T', 'C'))

  const stacked = equation('Stack', 'xs[N, C]* -> [N, C]', () => nothing)
  is<Tensor<['B', 'C']>>()(stacked([t('B', 'C'), t('B', 'C')]))
  // @ts-expect-error items of other rank
  stacked([t('B', 'C', 'D')])

  const block = equation(
    'Block',
    'X[N, L, C], h, W{gain[C], att{W_Q[C, h*d], b_Q[h*d]}, MLP{W[C, F]}*} -> Y[N, L, C], A[N, h, L, L]',
    () => nothing,
  )
  const W = { gain: t('C'), att: { W_Q: t('C', 'h*d'), b_Q: t('h*d') }, MLP: [{ W: t('C', 'F') }] }
  is<{ readonly Y: Tensor<['N', 'L', 'C']>; readonly A: Tensor<['N', 'h', 'L', 'L']> }>()(block(t('N', 'L', 'C'), 8, W))
  // A record may hold more than is asked of it.
  block(t('N', 'L', 'C'), 8, { ...W, more: 1 })
  // @ts-expect-error a weight of other channels
  block(t('N', 'L', 'C'), 8, { ...W, gain: t('D') })
  // @ts-expect-error a weight of a record in the record
  block(t('N', 'L', 'C'), 8, { ...W, att: { W_Q: t('D', 'h*d'), b_Q: t('h*d') } })
  // @ts-expect-error a weight of an item in the record
  block(t('N', 'L', 'C'), 8, { ...W, MLP: [{ W: t('D', 'F') }] })
  // @ts-expect-error a weight is missing
  block(t('N', 'L', 'C'), 8, { gain: t('C'), att: W.att })
  // @ts-expect-error h is a number
  block(t('N', 'L', 'C'), t('h'), W)
}

export const optional = (): void => {
  const cross = equation('Cross', "Q[N, h, S, d], A_prev[N', h, S', S']? -> A[N, h, S, S]", (Q, A_prev, sizes) => {
    is<Tensor>()(A_prev)
    // @ts-expect-error nothing tells the size where the tensor is absent
    void sizes["S'"]
    return matmul(Q, transpose(Q))
  })
  const Q = t('B', 'h', 'P', 'd')
  is<Tensor<['B', 'h', 'P', 'P']>>()(cross(Q, t()))
  is<Tensor<['B', 'h', 'P', 'P']>>()(cross(Q, t('B', 'h', 'P', 'P')))
  is<Tensor<['B', 'h', 'P', 'P']>>()(cross(Q, t('B*P', 'h', 'T', 'T')))
  is<Tensor<['B', 'h', 'P', 'P']>>()(cross(Q, unlabelled))
  is<Tensor<['B', 'h', 'P', 'P']>>()(cross(Q, double))
  // @ts-expect-error other heads
  cross(Q, t('B', 'k', 'P', 'P'))
  // @ts-expect-error one head that would broadcast
  cross(Q, t('1', '1', 'P', 'P'))
  // @ts-expect-error not square
  cross(Q, t('B', 'h', 'P', 'T'))
  // @ts-expect-error rank
  cross(Q, t('h', 'P', 'P'))
  // @ts-expect-error a number is no scalar tensor
  cross(Q, 0)
}

export const ellipses = (): void => {
  const scores = equation('Scores', 'A[N, S], alpha[...], prev[...before] -> Y[N, S], Z[...before]', () => nothing)
  is<{ readonly Y: Tensor<['B', 'L']>; readonly Z: Tensor<['any', 'shape', 'B']> }>()(
    scores(t('B', 'L'), t('h'), t('any', 'shape', 'B')),
  )
  const first = equation('First', 'X[N, ...] -> [..., N]', () => nothing)
  is<Tensor<['P', 'C', 'B*T']>>()(first(t('B*T', 'P', 'C')))
  is<Tensor<['B']>>()(first(t('B')))
  const middle = equation('Middle', 'X[N, ..., C], W[C, D] -> [N, ..., D]', () => nothing)
  is<Tensor<['B', 'T', 'P', 'E']>>()(middle(t('B', 'T', 'P', 'C'), t('C', 'E')))
  // @ts-expect-error the last label
  middle(t('B', 'T', 'P', 'C'), t('D', 'E'))
  // @ts-expect-error rank
  middle(t('B'), t('C', 'E'))
}

export const ranks = (): void => {
  is<Tensor<[Unknown, Unknown]>>()(zeros([2, 3]))
  is<Tensor<[]>>()(full(1))
  is<Tensor<[Unknown]>>()(fromArray([1, 2]))
  is<Tensor<[Unknown, Unknown]>>()(reshape(unlabelled, [2, 3]))
  is<Tensor>()(zeros(unlabelled.shape))
  is<Tensor>()(zeros([...unlabelled.shape, 1]))
  is<Tensor<['N', 'C', 'P']>>()(permute(t('N', 'P', 'C'), [0, -1, 1]))
  is<Tensor>()(permute(t('N', 'P', 'C'), unlabelled.shape))
  is<Tensor<['N', Unknown]>>()(slice(t('N', 'C'), -1, 0, 2))
  // Labels fit what has none, and are not those of the signature.
  const W: Tensor<['C', 'D']> = zeros([2, 3])
  is<Tensor<['N', 'D']>>()(matmul(t('N', 'C'), W))
  is<Tensor<['N', Unknown]>>()(matmul(t('N', 'C'), zeros([2, 3])))
  is<Tensor<[Unknown, 'D']>>()(matmul(zeros([2, 3]), t('C', 'D')))
  is<Tensor<['N', 'C']>>()(add(t('N', 'C'), zeros([2, 3])))
  // @ts-expect-error rank
  zeros([2, 3, 4]) satisfies Tensor<['C', 'D']>
  // @ts-expect-error rank
  matmul(t('N', 'C'), zeros([2]))
  // @ts-expect-error rank
  rearrange('[N, C] -> [C, N]', zeros([2, 3, 4]))
  // @ts-expect-error rank
  layerNorm(t('N', 'C'), zeros([2, 3]), zeros([3]))
  // @ts-expect-error rank
  reshape(t('N', 'C'), [2, 3]) satisfies Tensor<['N']>
}

export const bodies = (): void => {
  equation('fits', 'X[N, C], W[C, D] -> [N, D]', (X, W) => matmul(X, W))
  equation('sizes', 'X[B*T, C], h -> [B, T, C]', (X, h, sizes) => {
    is<Tensor<['B*T', 'C']>>()(X)
    is<number>()(h)
    is<SizesOf<'X[B*T, C], h -> [B, T, C]'>>()(sizes)
    is<number>()(sizes.T)
    return rearrange('[B*T, C] -> [B, T, C]', X, { T: sizes.T })
  })
  // @ts-expect-error the body returns [N, C]
  equation('bad result', 'X[N, C], W[C, D] -> [N, D]', (X, _W) => X)
  // @ts-expect-error misuse in the body
  equation('bad body', 'X[N, C], W[C, D] -> [N, D]', (X, W) => matmul(W, X))
  // @ts-expect-error there is no such size
  equation('bad size', 'X[N, C] -> [N, C]', (X, { M: _ }) => X)
  // @ts-expect-error a result is missing
  equation('bad record', 'X[N, C] -> Y[N, C], Z[N]', X => ({ Y: X }))
  // @ts-expect-error a bracket is not closed
  equation('bad brackets', 'X[N, C -> [N, C]', () => nothing)
  // @ts-expect-error a brace is not closed
  equation('bad braces', 'W{a[N] -> [N]', () => nothing)
  // @ts-expect-error there is no result
  equation('bad arrow', 'X[N, C]', () => nothing)
  is<'X[N] -> []'>()(null! as Readable<'X[N] -> []'>)
}

export const gradients = (): void => {
  const parameters = { W: t('C', 'D'), layers: [{ b: t('D') }] }
  const loss = (p: typeof parameters, X: Tensor<['N', 'C']>) => total(add(matmul(X, p.W), p.layers[0]!.b))
  is<typeof parameters>()(grad(loss)(parameters, t('N', 'C')))
  is<{ value: Tensor<[]>; gradient: typeof parameters }>()(valueAndGrad(loss)(parameters, t('N', 'C')))
  // @ts-expect-error the loss is no scalar
  grad((x: Tensor<['N']>) => exp(x))
  // @ts-expect-error other data
  grad(loss)(parameters, t('N', 'D'))
}
