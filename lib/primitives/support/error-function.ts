/** erf in double precision, without magic constants: Taylor polynomials around a grid whose values a series gives. */
import type { EachKernel } from '../../trace'

/** erf c = 2/√π · exp(−c²) · Σ 2ⁿ c²ⁿ⁺¹ / (2n+1)!!, a sum of terms of one sign, so nothing cancels. */
const series = (c: number): number => {
  let term = c
  let total = c
  for (let n = 1; term > 1e-18 * total; n++) total += term *= (2 * c * c) / (2 * n + 1)
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-c * c) * total
}

const PER_UNIT = 32 // grid points per unit: d ≤ 1/64, so the first dropped term is below 1e-17
const LIMIT = 6 // erf 6 = 1 − 2e-17
const DEGREE = 8

/** Taylor coefficients of erf around c: with g = 2/√π·exp(−c²), the coefficients tₙ of its derivative g follow from
 *  g′ = −2xg, (n+1)·tₙ₊₁ = −2c·tₙ − 2·tₙ₋₁, and those of erf are tₙ₋₁/n. */
const taylor = (c: number): number[] => {
  const t = [(2 / Math.sqrt(Math.PI)) * Math.exp(-c * c)]
  for (let n = 0; n < DEGREE - 1; n++) t.push((-2 * c * t[n]! - 2 * (t[n - 1] ?? 0)) / (n + 1))
  return [series(c), ...t.map((v, n) => v / (n + 1))]
}
const STRIDE = DEGREE + 1
const table = Float64Array.from(Array.from({ length: LIMIT * PER_UNIT + 1 }, (_, i) => taylor(i / PER_UNIT)).flat())

/** erf v, to a few units in the last place. */
export const errorFunction = (v: number): number => {
  const x = Math.abs(v)
  if (!(x < LIMIT)) return x >= LIMIT ? Math.sign(v) : NaN
  const i = Math.round(x * PER_UNIT)
  const d = x - i / PER_UNIT
  const at = i * STRIDE
  let y = table[at + DEGREE]!
  for (let k = DEGREE - 1; k >= 0; k--) y = y * d + table[at + k]!
  return Math.sign(v) * Math.min(y, 1)
}

/** erf x as source for a kernel, to 2e-7: 1 − (a₁t + … + a₅t⁵)·exp(−x²) with t = 1/(1 + 0.3275911·|x|)
 *  (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26). No step of it overflows.
 *  @param x the argument, an expression */
export const errorFunctionKernel = (x: string): EachKernel => ({
  where: {
    t: `1.0 / (1.0 + 0.3275911 * Math.abs(${x}))`,
    polynomial: '((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t',
    size: `1.0 - polynomial * Math.exp(-${x} * ${x})`,
  },
  // Near 0, where the terms cancel, the series' first term: 2/√π·x.
  each: `Math.abs(${x}) < 0.001 ? 1.1283791670955126 * ${x} : ${x} < 0.0 ? -size : size`,
})
