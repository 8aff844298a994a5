/** What is tried on a trained network, as other parameters and other clips: nothing is trained. */
import { flat, over, type Tensor } from '../../../../lib/tensor'
import { mapTree } from '../../../../lib/trace'
import type { Parameters } from '../../../../lib/paper'
import { shuffled, type Trial } from '../settings'

const filled = (x: Tensor, value: number): Tensor => over(new Float32Array(x.size).fill(value), x.shape)

/** The parameters of a trial: P_t as 0; every α and β one value; or nothing crosses, with α = 0 and FAM's terms as 0. */
export const tried = (parameters: Parameters, { time, crossing, alpha, beta }: Trial): Parameters =>
  mapTree((x, _, path) => {
    if (path === 'P_t') return time ? x : filled(x, 0)
    if (path.endsWith('.alpha')) return crossing ? (alpha === 'learnt' ? x : filled(x, alpha)) : filled(x, 0)
    if (!path.startsWith('FAM.')) return x
    // LN(β·V) is not 0 where β is: gain and bias make it so.
    if (!crossing) return filled(x, 0)
    return path.endsWith('.beta') && beta !== 'learnt' ? filled(x, beta) : x
  }, parameters)

/** Clips [B, C, T, H, W] with their frames in another order. */
export const reordered = (X: Tensor, { order }: Trial): Tensor => {
  if (order) return X
  const [B = 0, C = 0, T = 0, H = 0, W = 0] = X.shape
  const [pixels, made] = [flat(X), new Float32Array(X.size)]
  for (let clip = 0; clip < B * C; clip++)
    shuffled(T).forEach((from, to) => {
      const [start, end] = [(clip * T + from) * H * W, (clip * T + from + 1) * H * W]
      made.set(pixels.subarray(start, end), (clip * T + to) * H * W)
    })
  return over(made, X.shape)
}
