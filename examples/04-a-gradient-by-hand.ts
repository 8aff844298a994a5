/** 4. A gradient, three ways: derived by hand, by `grad`, and by central differences.
 *
 *  The loss is what one token sees of a target through cross-stage attention, as a function of the ratio α of Eq. (8):
 *
 *      p = Softmax(A + α·A′),   loss = Σ_j w_j·p_j,   ∂loss/∂α = Σ_j p_j·(w_j − loss)·A′_j  */
import { crossStageMap, flat, fromArray, full, grad, mul, type Tensor, total } from '../lib'

const S = 3
/** Scores of one sequence and one head, in float64: differences need the digits. */
const square = (...values: number[]): Tensor<['N', 'h', 'S', 'S']> => fromArray(values, [1, 1, S, S], 'float64')
const A = square(0.1, 0.9, -0.4, 1.2, 0.3, 0.5, -0.7, 0.2, 0.6)
const A_prev = square(1.5, -0.2, 0.8, 0.4, 1.1, -0.9, 0.3, 0.7, -1.3)
const w = square(1, 2, 3, 0, 0, 0, 0, 0, 0) // only the first token's row counts

const loss = (alpha: Tensor<[]>): Tensor<[]> => total(mul(w, crossStageMap(A, alpha, A_prev).CrossA))
const at = (alpha: number): Tensor<[]> => full(alpha, [], 'float64')
const alpha = 0.5

const byHand = () => {
  const e = [0, 1, 2].map(j => Math.exp(flat(A)[j]! + alpha * flat(A_prev)[j]!))
  const p = e.map(v => v / e.reduce((a, b) => a + b))
  const seen = p.reduce((sum, p_j, j) => sum + p_j * flat(w)[j]!, 0)
  return p.reduce((sum, p_j, j) => sum + p_j * (flat(w)[j]! - seen) * flat(A_prev)[j]!, 0)
}
console.log('by hand    ', byHand().toFixed(9))
// → by hand     -0.319709717

console.log('grad       ', flat(grad(loss)(at(alpha)))[0]!.toFixed(9))
// → grad        -0.319709717

const step = 1e-5
const value = (x: number) => flat(loss(at(x)))[0]!
console.log('differences', ((value(alpha + step) - value(alpha - step)) / (2 * step)).toFixed(9))
// → differences -0.319709717

// A gradient is a function like any other, so it has a gradient.
const slope = grad((x: Tensor<[]>) => grad(loss)(x))
console.log('second     ', flat(slope(at(alpha)))[0]!.toFixed(9))
// → second      -0.127681788
