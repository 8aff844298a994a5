/** Where a network looks: the attention of its class tokens (Figure 4). */
import { count, either, optional, real, strict, tensor, word } from '../tensor/given'
import { config, engine, parameters } from './kinds'
import { dtypeOf, full, type Tensor, UserError } from '../tensor'
import type { Engine } from '../engines'
import { forward, type Parameters } from '../paper'
import { type NetworkConfig, systemMap } from '../systems/network'
import { add, concat, matmul, mean, mul, reshape, scale, slice, transpose } from '../primitives'
import { leaves, trace } from '../trace'

/** Of which block, counted from 1, or of all of them together. */
export type MapOf = number | 'rollout'
const mapOf = either(count, word('rollout'))

/** The spatial block whose maps are drawn unless another is named: the last one. Throws UserError for one that is not there. */
export const mapBlock = strict(
  'mapBlock',
  { config, block: optional(real) },
  (config: NetworkConfig, chosen?: number): number => {
    const STB = config.system === undefined ? config.STB : config.blocks
    const block = chosen ?? STB
    if (STB === 0) throw new UserError('maps are of spatial blocks, but the network has none')
    if (Number.isInteger(block) && block >= 1 && block <= STB) return block
    throw new UserError(`the block must be a number from 1 to ${STB}, the network's blocks in space, got ${block}`)
  },
)

/** Checks that a network has a map. Throws UserError for the rollout of another system. */
export const checkMap = strict('checkMap', { config, of: mapOf }, ({ system }: NetworkConfig, of: MapOf): MapOf => {
  if (of !== 'rollout' || system === undefined) return of
  throw new UserError(`rollout is of CSTransformer: a block must be named for ${system}`)
})

/**
 * How much attention each patch of a clip gets.
 *
 * Of a block: the row of the class token in the attention of the STB, (8), the mean over its heads.
 *
 * Of all blocks, "attention rollout" (Abnar and Zuidema, 2020): what reaches the class token through the blocks, each the mean
 * of its attention and of the residual connection around it,
 *
 *     r_L = e_class,  r_{i−1} = r_i (A_i + I) / 2
 *
 * first through the TTBs, where it says how much a frame counts, then through the STBs of each frame.
 *
 * @param X one clip, `[1, C, T, H, W]`
 * @returns `[T, P]`
 */
export const attentionMaps = strict(
  'attentionMaps',
  { config, parameters, X: tensor, of: mapOf },
  (config: NetworkConfig, parameters: Parameters, X: Tensor, of: MapOf): Tensor => {
    if (config.system !== undefined) {
      checkMap(config, of)
      return systemMap(config, parameters, X, of as number)
    }
    const { STB, TTB } = forward(config, parameters, X as Tensor<['B', 'C', 'T', 'H', 'W']>)
    const heads = (map: Tensor): Tensor => {
      const [N, , S] = map.shape as [number, number, number]
      return reshape(mean(map, [1]), [N, S, S])
    }
    const T = X.shape[2]!
    const S = STB[0]!.map.shape[2]!
    const patches = (row: Tensor): Tensor => reshape(slice(row, 2, 1, S), [T, S - 1])
    if (of !== 'rollout') return patches(slice(heads(STB[of - 1]!.map), 1, 0, 1))

    const through = (row: Tensor, maps: readonly Tensor[]): Tensor =>
      [...maps].reverse().reduce((r, map) => scale(add(matmul(r, map), r), 1 / 2), row)
    const dtype = dtypeOf(X)
    const own: Tensor = concat(2, full(1, [T, 1, 1], dtype), full(0, [T, 1, S - 1], dtype))
    const spatial = patches(
      through(
        own,
        STB.map(({ map }) => heads(map)),
      ),
    )
    // The first sequence of a TTB is that of the class tokens; the head takes the mean of their frames.
    const even = full(1 / T, [1, 1, T], dtype)
    const frames = through(
      even,
      TTB.map(({ map }) => heads(slice(map, 0, 0, 1))),
    )
    return mul(scale(transpose(reshape(frames, [1, T])), T), spatial)
  },
)

/** The maps of a clip, computed by an engine: for each of T frames the attention of its P patches. */
export const computeMaps = strict(
  'computeMaps',
  { engine, config, parameters, X: tensor, of: mapOf },
  async <H>(
    engine: Engine<H>,
    config: NetworkConfig,
    parameters: Parameters,
    X: Tensor,
    of: MapOf,
  ): Promise<Tensor> => {
    const { graph } = trace((p: Parameters, x: Tensor) => attentionMaps(config, p, x, of), parameters, X)
    const run = await engine.compile(graph)
    const given = [...leaves(parameters), X].map(engine.upload)
    const made = await run(given)
    const maps = await engine.download(made[0]!)
    engine.release([...given, ...made])
    return maps
  },
)
