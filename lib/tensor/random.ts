/** Random tensors, from a seed alone. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type DType, over, type Shape, sizeOf, storage, type Tensor } from './tensor'

/** A stream of uniform numbers in [0, 1). Each name under a seed has its own, so that a tensor's values do not depend
 *  on which others are drawn beside it. */
export const randomStream = (seed: number, name: string | number): (() => number) => {
  // FNV-1a over the seed and the name; xoroshiro mixes the rest.
  let hash = 0x811c9dc5
  for (const c of `${seed}/${name}`) hash = Math.imul(hash ^ c.codePointAt(0)!, 0x01000193)
  const generator = xoroshiro128plus(hash)
  return () => uniformFloat64(generator)
}

/** A tensor from a normal distribution with mean 0 and deviation sigma, values beyond 2 sigma drawn again (decision D10). */
export const truncatedNormal = (
  stream: () => number,
  shape: Shape,
  sigma: number,
  dtype: DType = 'float32',
): Tensor => {
  const draw = (): number => {
    // Box and Muller's transform; 1 − u is never 0.
    const z = Math.sqrt(-2 * Math.log(1 - stream())) * Math.cos(2 * Math.PI * stream())
    return Math.abs(z) <= 2 ? sigma * z : draw()
  }
  return over(storage(sizeOf(shape), dtype).map(draw), shape)
}
