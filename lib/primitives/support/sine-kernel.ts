import type { EachKernel } from '../../trace'

/** sin x or cos x as source for a kernel, to 1e-6 for |x| up to 10⁴: GPUs promise less of theirs. With the nearest multiple k·π of
 *  x (of cos, k a whole number and a half) and what is left, r, it is ± the series of sin r. π is in two parts: a whole number
 *  times the first is exact in float32. */
export const sineKernel = (of: 'sin' | 'cos'): EachKernel => ({
  where: {
    whole: of === 'sin' ? 'Math.floor(x0 * 0.3183098861837907 + 0.5)' : 'Math.floor(x0 * 0.3183098861837907)',
    k: of === 'sin' ? 'whole' : 'whole + 0.5',
    r: '(x0 - k * 3.140625) - k * 0.0009676535897932795',
    q: 'r * r',
    series:
      'r * (1.0 - q * (0.16666666666666666 - q * (0.008333333333333333 - q * (0.0001984126984126984 - q * (0.0000027557319223985893 - q * 0.000000025052108385441718)))))',
    odd: 'whole - 2.0 * Math.floor(0.5 * whole)',
  },
  each: of === 'sin' ? 'odd > 0.5 ? -series : series' : 'odd > 0.5 ? series : -series',
})
