/** 7. Your own equation: a title, a signature, a formula. Its types, checks, gradient and cost come with it. */
import {
  abstract,
  cost,
  equation,
  fromArray,
  gelu,
  grad,
  matmul,
  mul,
  type Tensor,
  toArray,
  total,
  zeros,
} from '../lib'

/** An MLP whose hidden channels are gated (Shazeer, 2020), to take the place of a block's MLP:
 *  $$GEGLU(X) = (GELU(X W_1) \odot X W_g) W_2$$
 *  @param X N sequences of S tokens of C' channels
 *  @param W the weights of the hidden layer, of its gate, and of the layer back to C' channels */
const geglu = equation(
  'Gated MLP',
  "X[N, S, C'], W{W_1[C', F], W_g[C', F], W_2[F, C']} -> [N, S, C']",
  (X, { W_1, W_g, W_2 }) => matmul(mul(gelu(matmul(X, W_1)), matmul(X, W_g)), W_2), // matmul(W_1, X) does not compile
)

// It takes and gives the caller's labels: N is B*T here, and S is 1+P.
const X: Tensor<['B*T', '1+P', "C'"]> = fromArray([4, 8, -8, 0], [1, 2, 2])
const W = {
  W_1: fromArray([1, 0, -1, 0, 1, 1], [2, 3]),
  W_g: fromArray([0.5, 1, 0, 0, 0.5, 1], [2, 3]),
  W_2: fromArray([1, 0, 0, 1, 1, 1], [3, 2]),
}
const Y: Tensor<['B*T', '1+P', "C'"]> = geglu(X, W)
const print = (x: Tensor) => console.log((toArray(x) as number[][]).map(row => row.map(v => +v.toFixed(2))))
print(Y.pick(0, null, null))
// → [ [ 40, 96 ], [ 0, 0 ] ]

// A wrong call says so in one line.
try {
  geglu(X, { ...W, W_g: zeros([2, 4]) })
} catch (error) {
  console.log((error as Error).message)
}
// → Gated MLP: W.W_g[C', F] was given [2, 4]: dimension 1, F, must be 3 (from dimension 1 of W.W_1), got 4; bound: N = 1, S = 2, C' = 2 by X; F = 3 by W.W_1

// Its gradient, in the form of the record it is taken in.
const gradient = grad((w: typeof W) => total(geglu(X, w)))(W)
print(gradient.W_2)
// → [ [ 8, 8 ], [ 64, 64 ], [ 32, 32 ] ]

// Its cost at any size, from shapes alone: in ViT-Base, for 8 frames of 1 + 196 tokens.
const at = { W_1: abstract([768, 3072]), W_g: abstract([768, 3072]), W_2: abstract([3072, 768]) }
const { flops, parameters } = cost((w: typeof at, x: Tensor) => geglu(x, w), at, abstract([8, 197, 768]))
console.log((flops.products / 1e9).toFixed(1), 'GFLOPs in products,', (parameters / 1e6).toFixed(2), 'M parameters')
// → 22.3 GFLOPs in products, 7.08 M parameters
