/** Small random networks, and random numbers to fill them with. */
import fc from 'fast-check'
import { abstractParameters, type Config, configure, type Parameters } from '../../lib/paper'
import { type DType, randomStream, type Shape, type Tensor, truncatedNormal } from '../../lib/tensor'
import { mapTree } from '../../lib/trace'

/** Draws tensors from a seed, one after another. */
export const drawing = (seed: number, dtype: DType = 'float64') => {
  let drawn = 0
  return (shape: Shape, sigma = 1): Tensor => truncatedNormal(randomStream(seed, drawn++), shape, sigma, dtype)
}

/** Parameters none of which is what training starts from, so that no switch is inert. */
export const randomParameters = (config: Config, seed: number, dtype: DType = 'float64'): Parameters =>
  mapTree<Parameters>(
    ({ shape }, _, path) =>
      truncatedNormal(randomStream(seed, path), shape, /\.W/.test(path) ? 1 / Math.sqrt(shape[0]!) : 0.5, dtype),
    abstractParameters(config),
  )

/** B clips of a network's sizes. */
export const randomClips = (config: Config, B: number, seed: number, dtype: DType = 'float64'): Tensor =>
  truncatedNormal(randomStream(seed, 'X'), [B, config.channels, config.frames, config.height, config.width], 1, dtype)

const upTo = (max: number, min = 1) => fc.integer({ min, max })

/** Every combination of switches, on sizes that take a moment.
 *  @param fixed values that are not random */
export const configs = (fixed: Partial<Config> = {}): fc.Arbitrary<Config> =>
  fc
    .record({
      channels: upTo(2),
      frames: upTo(3),
      rows: upTo(2),
      columns: upTo(2),
      patch: upTo(2),
      heads: upTo(2),
      width: upTo(2),
      STB: upTo(3, 0),
      TTB: upTo(3, 0),
      ratioSTB: upTo(2),
      ratioTTB: upTo(2),
      classes: upTo(3),
      cssa: fc.boolean(),
      fam: fc.boolean(),
      spatialPosition: fc.boolean(),
      temporalPosition: fc.boolean(),
      scores: fc.constantFrom('raw', 'accumulated'),
      aggregation: fc.constantFrom('network', 'stage'),
      pool: fc.constantFrom('class', 'mean'),
    })
    .map(({ rows, columns, width, ...c }) => ({
      ...c,
      height: rows * c.patch,
      width: columns * c.patch,
      dim: 2 * width * c.heads,
      ...fixed,
    }))
    .filter(({ STB, TTB }) => STB + TTB > 0)
    .map(values => configure(values))
