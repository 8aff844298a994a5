/** Random numbers and tensors, from a seed alone. */
import { dtype, either, func, number, optional, shape, strict, text } from './given'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type DType, over, type Ranked, type Shape, sizeOf, storage, type Tensor } from './tensor'

/** MurmurHash3's finaliser: it maps 32-bit integers one to one, and neighbours far apart. The generator is linear, so
 *  that it would carry any likeness of its seeds into what it draws. */
const mix = (hash: number): number => {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const most = Math.imul(half ^ (half >>> 13), 0xc2b2ae35)
  return most ^ (most >>> 16)
}

/** A stream of uniform numbers in [0, 1). Each name under a seed has its own, so that a tensor's values do not depend
 *  on which others are drawn beside it, and a clip not on the batch it is in. */
export const randomStream = strict(
  'randomStream',
  { seed: number, name: either(text, number) },
  (seed: number, name: string | number): (() => number) => {
    const words = typeof name === 'number' ? [name] : Array.from(name, c => c.codePointAt(0)!)
    const generator = xoroshiro128plus(
      [seed, Math.floor(seed / 2 ** 32), ...words].reduce((h, word) => mix(h ^ word), 1),
    )
    return () => uniformFloat64(generator)
  },
)

/** A tensor from a normal distribution with mean 0 and deviation sigma, values beyond 2 sigma drawn again (decision D10). */
export const truncatedNormal = strict(
  'truncatedNormal',
  { stream: func, shape, sigma: number, dtype: optional(dtype) },
  <const S extends Shape>(
    stream: () => number,
    shape: S,
    sigma: number,
    dtype: DType = 'float32',
  ): Tensor<Ranked<S>> => {
    const draw = (): number => {
      // Box and Muller's transform; 1 − u is never 0.
      const z = Math.sqrt(-2 * Math.log(1 - stream())) * Math.cos(2 * Math.PI * stream())
      return Math.abs(z) <= 2 ? sigma * z : draw()
    }
    return over(storage(sizeOf(shape), dtype).map(draw), shape)
  },
)
