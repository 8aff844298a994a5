/** The reference's inner loop. */
import { flat, type Real, type Tensor } from '../../tensor'

/** A·B for two matrices, written to `out` from `at` on, accumulated in float64.
 *  Two rows by four columns at a time: eight sums stay in registers, and a panel of B is read in order. */
export const multiply = (a: Tensor, b: Tensor, out: Real, at: number): void => {
  const [m, k] = a.shape as [number, number]
  const n = b.shape[1]!
  const A = flat(a)
  const panel = new Float64Array(4 * k)
  const [down, right] = b.stride as [number, number]
  for (let j = 0; j < n; j += 4) {
    const width = Math.min(4, n - j)
    for (let l = 0, from = b.offset + j * right; l < k; l++, from += down)
      for (let c = 0; c < width; c++) panel[4 * l + c] = b.data[from + c * right]!
    for (let i = 0; i < m; i += 2) {
      let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0]
      const row = i * k
      // An odd last row is computed twice, and stored once.
      const next = i + 1 < m ? row + k : row
      for (let l = 0, q = 0; l < k; l++, q += 4) {
        const u = A[row + l]!
        const v = A[next + l]!
        const b0 = panel[q]!
        const b1 = panel[q + 1]!
        const b2 = panel[q + 2]!
        const b3 = panel[q + 3]!
        s0 += u * b0
        s1 += u * b1
        s2 += u * b2
        s3 += u * b3
        t0 += v * b0
        t1 += v * b1
        t2 += v * b2
        t3 += v * b3
      }
      store(out, at + i * n + j, width, s0, s1, s2, s3)
      if (next > row) store(out, at + (i + 1) * n + j, width, t0, t1, t2, t3)
    }
  }
}

const store = (out: Real, at: number, width: number, a: number, b: number, c: number, d: number): void => {
  out[at] = a
  if (width > 1) out[at + 1] = b
  if (width > 2) out[at + 2] = c
  if (width > 3) out[at + 3] = d
}
