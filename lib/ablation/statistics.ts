/** What some seeds say about a difference. Every test is exact: it counts all outcomes, and assumes no distribution. */
import { UserError } from '../tensor'

/** The mean of some numbers; of none it is NaN. */
export const meanOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

/** The number in the middle; of an even count the mean of the two in the middle, of none NaN. */
export const median = (xs: readonly number[]): number => {
  const sorted = [...xs].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

/** The standard deviation of a sample: n − 1 in the denominator. Of one value it is NaN. */
export const deviationOf = (xs: readonly number[]): number => {
  const m = meanOf(xs)
  return Math.sqrt(xs.reduce((sum, x) => sum + (x - m) ** 2, 0) / (xs.length - 1))
}

/** Pairs whose 2ⁿ outcomes are counted one by one in an instant. */
export const MAX_PAIRS = 20

const checkPairs = (differences: readonly number[]): void => {
  const n = differences.length
  if (n < 1 || n > MAX_PAIRS) throw new UserError(`pairs must be 1 to ${MAX_PAIRS}, got ${n}`)
  const odd = differences.find(d => !Number.isFinite(d))
  if (odd !== undefined) throw new UserError(`differences of pairs must be finite, got ${odd}`)
}

/** Every sum that can be made of some of the numbers: the sum of subset s at index s, whose bits are its members. */
const subsetSums = (xs: readonly number[]): Float64Array => {
  const sums = new Float64Array(2 ** xs.length)
  xs.forEach((x, i) => {
    for (let s = 0; s < 2 ** i; s++) sums[s + 2 ** i] = sums[s]! + x
  })
  return sums
}

/** The exact two-sided sign-flip test of paired differences. Were there no effect, each difference might as well have the
 *  other sign; p is the part of all 2ⁿ choices of signs whose sum is as far from 0 as the one found, or farther:
 *  $$p = 2^{-n} \, \#\{ s \in \{−1, 1\}^n : |\sum_i s_i d_i| \ge |\sum_i d_i| \}$$
 *  The least p that n pairs can give is 2¹⁻ⁿ.
 *  @throws UserError for no pairs, for more than 20, and for differences that are not finite
 *  Source: R. A. Fisher, The Design of Experiments (1935), Sec. 21. */
export const signFlipTest = (differences: readonly number[]): number => {
  checkPairs(differences)
  const sizes = differences.map(Math.abs)
  const all = sizes.reduce((a, b) => a + b, 0)
  const found = Math.abs(differences.reduce((a, b) => a + b, 0))
  // Sums that are equal but for rounding are equal.
  const least = found - 1e-9 * all
  const sums = subsetSums(sizes)
  return sums.reduce((count, negative) => count + (Math.abs(all - 2 * negative) >= least ? 1 : 0), 0) / sums.length
}

/** The exact confidence interval that belongs to the test: the shifts that it does not reject. The means of all 2ⁿ − 1
 *  subsets of the differences cut the line into 2ⁿ parts, each of which holds the centre of symmetric differences with
 *  the same probability.
 *  @param level the least probability with which the interval holds the shift
 *  @returns the ends, infinite where there are too few pairs for the level
 *  @throws UserError as `signFlipTest` does
 *  Source: J. A. Hartigan, Using subsample values as typical values (1969). */
export const shiftInterval = (differences: readonly number[], level = 0.95): readonly [low: number, high: number] => {
  checkPairs(differences)
  const sums = subsetSums(differences)
  const members = subsetSums(differences.map(() => 1))
  const means = sums.map((sum, s) => sum / members[s]!).subarray(1)
  means.sort()
  const outside = Math.floor(((1 - level) / 2) * sums.length)
  return outside === 0 ? [-Infinity, Infinity] : [means[outside - 1]!, means[means.length - outside]!]
}

/** Holm's correction: p-values so adjusted that the probability of calling any one of them small by chance alone stays
 *  below the limit it is compared with, however the tests depend on one another.
 *  $$\tilde p_{(i)} = \max_{j \le i} \min(1, (m − j + 1) \, p_{(j)})$$
 *  Source: S. Holm, A simple sequentially rejective multiple test procedure (1979). */
export const holm = (ps: readonly number[]): number[] => {
  const order = ps.map((_, i) => i).sort((i, j) => ps[i]! - ps[j]!)
  const adjusted = new Array<number>(ps.length)
  order.reduce((before, i, rank) => (adjusted[i] = Math.max(before, Math.min(1, (ps.length - rank) * ps[i]!))), 0)
  return adjusted
}
