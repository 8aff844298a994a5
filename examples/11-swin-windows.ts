/** 11. CSSA in Swin (Liu et al., 2021): attention within windows, which every other block moves by half their side.
 *
 *  Scores are of pairs of tokens, so they cross to the next block with the same windows, the one after the next. A window
 *  at the border holds tokens from opposite sides of the picture: a mask keeps these apart. */
import * as cs from '../lib'
import { roll } from '../lib/primitives'

const [side, M, C, h, blocks] = [8, 4, 16, 2, 4] // tokens along a side, of a window; channels, heads
const windows = (V: cs.Tensor): cs.Tensor => cs.rearrange('[B, I*M, J*N, C] -> [B*I*J, M*N, C]', V, { M, N: M })
const picture = (V: cs.Tensor): cs.Tensor =>
  cs.rearrange('[B*I*J, M*N, C] -> [B, I*M, J*N, C]', V, { M, I: side / M, J: side / M })
const moved = (V: cs.Tensor, by: number): cs.Tensor => roll(roll(V, 1, by), 2, by)

/** −∞ between tokens that moved into a window from different sides, [windows, 1, M², M²]. */
const borders = (() => {
  const part = (i: number) => (i < side - M ? 0 : i < side - M / 2 ? 1 : 2)
  const parts = Array.from({ length: side ** 2 }, (_, k) => 3 * part(Math.floor(k / side)) + part(k % side))
  const inWindow = cs.flat(windows(cs.fromArray(parts, [1, side, side, 1])))
  const apart = (k: number, i: number, j: number) => (inWindow[k * M ** 2 + i] === inWindow[k * M ** 2 + j] ? 0 : -Infinity) // prettier-ignore
  const [W, S] = [(side / M) ** 2, M ** 2]
  return cs.fromArray(
    Array.from({ length: W * S * S }, (_, n) => apart(Math.floor(n / S ** 2), Math.floor(n / S) % S, n % S)),
    [W, 1, S, S],
  )
})()

const { STB } = cs.initialParameters({ ...cs.variants.digits, dim: C, STB: blocks }, 1, { sigma: 0.3, alpha: 0.5 })
const table = (i: number) => cs.truncatedNormal(cs.randomStream(1, `bias ${i}`), [(2 * M - 1) ** 2, h], 0.1)
const parameters = STB.map((W, i) => ({ ...W, alpha: cs.full(i < 2 ? 0 : 0.5), table: table(i) }))
type Parameters = typeof parameters

/** A picture of tokens [1, side, side, C] through all blocks. */
const swin = (p: Parameters, X: cs.Tensor): cs.Tensor =>
  p.reduce<{ V: cs.Tensor; before: readonly cs.Tensor[] }>(
    ({ V, before }, { alpha, table, ...W }, i) => {
      const by = i % 2 === 1 ? M / 2 : 0
      const bias: cs.Tensor = cs.relativeBias(table, [M, M])
      const A_prev = before[i - 2] ?? cs.full(0)
      const made = cs.maskedBlock(windows(moved(V, -by)), A_prev, alpha, by ? cs.add(bias, borders) : bias, h, W)
      return { V: moved(picture(made.V), by), before: [...before, made.A] }
    },
    { V: X, before: [] },
  ).V

const X = cs.truncatedNormal(cs.randomStream(1, 'tokens'), [1, side, side, C], 1)
const corner = (p: Parameters, x: cs.Tensor) => cs.total(cs.slice(cs.slice(swin(p, x), 1, 0, 1), 2, 0, 1))
const seen = (n: number) => {
  const g = cs.grad((x: cs.Tensor) => corner(parameters.slice(0, n), x))(X)
  return cs.flat(cs.sum(cs.mul(g, g), [3])).filter(square => square > 0).length
}
console.log('tokens that the first one sees after 1, 2, 3 blocks:', seen(1), seen(2), seen(3))
// → tokens that the first one sees after 1, 2, 3 blocks: 16 16 64
const gradient = cs.grad((p: Parameters) => corner(p, X))(parameters)
console.log('α learns:', gradient.map(({ alpha }) => alpha.get() !== 0).join(' '))
// → α learns: false false true true
