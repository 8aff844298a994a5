/** 3. Cross-stage attention, Eqs. (8) and (13): what one block looked at, the next can look at too.
 *
 *  The first block's only query fits the second of three keys. The second block's query fits none: alone it would look at
 *  all of them evenly. With α = 0.5, half of the first block's scores are added to its own before the softmax. */
import { attention, crossAttention, fromArray, full, type Tensor, toArray } from '../lib'

/** One sequence, one head, three tokens with one channel. */
const tokens = (...values: number[]): Tensor<['N', 'h', 'S', 'd']> => fromArray(values, [1, 1, 3, 1])
/** The attention of the first token. */
const look = (map: Tensor) => (toArray(map.pick(0, 0, 0, null)) as number[]).map(v => v.toFixed(2)).join(' ')

const values = tokens(1, 2, 3)
const first = attention(tokens(1, 1, 1), tokens(0, 4, 0), values)
console.log('block 1         ', look(first.map))
// → block 1          0.02 0.96 0.02

const Q = tokens(0, 0, 0)
const K = tokens(1, 1, 1)
for (const alpha of [0, 0.5, 1]) {
  const second = crossAttention(Q, K, values, full(alpha), first.A)
  console.log(`block 2, α = ${alpha.toFixed(1)}`, look(second.map))
}
// → block 2, α = 0.0 0.33 0.33 0.33
// → block 2, α = 0.5 0.11 0.79 0.11
// → block 2, α = 1.0 0.02 0.96 0.02

// What crosses is A_1 itself, so block 2 passes on its own scores, not the sum (decision D1) …
const second = crossAttention(Q, K, values, full(0.5), first.A)
console.log('A_2  ', ...(toArray(second.A.pick(0, 0, 0, null)) as number[]))
console.log('fused', ...(toArray(second.fused.pick(0, 0, 0, null)) as number[]))
// → A_2   0 0 0
// → fused 0 2 0

// … and the scalar A_0 = 0 makes this plain attention, as scores of another number of tokens do (decision D2).
const A_0 = full(0)
const plain = crossAttention(Q, K, values, full(0.5), A_0)
console.log('A_0  ', look(plain.map))
// → A_0   0.33 0.33 0.33
