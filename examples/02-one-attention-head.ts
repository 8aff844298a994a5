/** 2. One attention head, Eqs. (11) and (14), small enough to follow on paper.
 *
 *  Three tokens with two channels each. The first asks for the first channel, the second for the second, and the third
 *  asks for nothing in particular: its attention is even. */
import { attention, fromArray, type Tensor, toArray } from '../lib'

/** One sequence and one head, token by token. */
const tokens = (...rows: number[][]): Tensor<['N', 'h', 'S', 'd']> => fromArray(rows.flat(), [1, 1, rows.length, 2])
const print = (name: string, x: Tensor) => {
  for (const row of toArray(x.pick(0, 0, null, null)) as number[][])
    console.log(name, ...row.map(v => v.toFixed(2).padStart(5)))
}

const Q = tokens([4, 0], [0, 4], [0, 0])
const K = tokens([1, 0], [0, 1], [0, 0])
const V = tokens([10, 0], [0, 10], [5, 5])
const { A, map, O } = attention(Q, K, V)

// A: how well each query (row) fits each key (column), Q·Kᵀ/√2.
print('A  ', A)
// → A    2.83  0.00  0.00
// → A    0.00  2.83  0.00
// → A    0.00  0.00  0.00

// Softmax turns every row into parts of a whole.
print('map', map)
// → map  0.89  0.05  0.05
// → map  0.05  0.89  0.05
// → map  0.33  0.33  0.33

// Each token gets the values in these parts: 0.89·[10, 0] + 0.05·[0, 10] + 0.05·[5, 5] in the first row.
print('O  ', O)
// → O    9.21  0.79
// → O    0.79  9.21
// → O    5.00  5.00
