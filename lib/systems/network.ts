/** A network of any system, by its configuration. */
import type { DType, Tensor } from '../tensor'
import {
  abstractParameters,
  type Config,
  configure,
  type Initial,
  initialParameters,
  network,
  type Parameters,
  patches,
} from '../paper'
import { type Make, makeAbstract, makeInitial } from '../paper/parameters'
import { broadcastTo, mean, reshape, slice, transpose } from '../primitives'
import { withTanhGelu } from '../transforms'
import { count, dtype, optional, record, strict, tensor, wholeNumber } from '../tensor/given'
import { networkConfig as config, networkParameters as parameters, systemConfig } from './kinds'
import { configureSystem, type SystemConfig } from './config'
import type { SystemForward } from './encoder'
import { timeSformerForward, type TimeSformerParameters, timeSformerParameters } from './timesformer'
import { viViTForward, type ViViTParameters, viViTParameters } from './vivit'
import { vtnForward, type VtnParameters, vtnParameters } from './vtn'

/** The configuration of CSTransformer, which names no system, or of another one. */
export type NetworkConfig = (Config & { readonly system?: undefined }) | SystemConfig

/** What a network learns. Whoever trains, saves or exports one asks nothing of it but its tensors and their paths, so that the
 *  parameters of all systems go by the type of the paper's. */
export type NetworkParameters = Parameters

/** A configuration from some of its values, checked.
 *  Throws UserError that names the value, what was expected and what was found. */
export const configureNetwork = strict(
  'configureNetwork',
  { values: record },
  (values: Partial<NetworkConfig>): NetworkConfig =>
    values.system === undefined ? configure(values) : configureSystem(values),
)

const parametersOf = (config: SystemConfig, make: Make): NetworkParameters => {
  const made =
    config.system === 'timesformer'
      ? timeSformerParameters(config, make)
      : config.system === 'vivit'
        ? viViTParameters(config, make)
        : vtnParameters(config, make)
  return made as unknown as NetworkParameters
}

/** The parameters a network starts training with; with α = 0 and FAM's gains 0 another system starts as the original. */
export const initialNetwork = strict(
  'initialNetwork',
  { config, seed: wholeNumber, initial: optional(record) },
  (config: NetworkConfig, seed: number, initial: Initial = {}): NetworkParameters =>
    config.system === undefined
      ? initialParameters(config, seed, initial)
      : parametersOf(config, makeInitial(seed, initial)),
)

/** The parameters' shapes alone, to trace with. */
export const abstractNetwork = strict(
  'abstractNetwork',
  { config, dtype: optional(dtype) },
  (config: NetworkConfig, dtype: DType = 'float32'): NetworkParameters =>
    config.system === undefined ? abstractParameters(config, dtype) : parametersOf(config, makeAbstract(dtype)),
)

/** What a network makes of clips is asked for by a function of what its system does. */
const withSystem = <R>(
  config: SystemConfig,
  parameters: NetworkParameters,
  X: Tensor,
  take: (forward: SystemForward) => R,
): R => {
  const f = (p: unknown, x: Tensor): R =>
    take(
      config.system === 'timesformer'
        ? timeSformerForward(config, p as TimeSformerParameters, x)
        : config.system === 'vivit'
          ? viViTForward(config, p as ViViTParameters, x)
          : vtnForward(config, p as VtnParameters, x),
    )
  return (config.gelu === 'tanh' ? withTanhGelu(f) : f)(parameters, X)
}

/** Clips to logits, by the network of any system.
 *  @param X B clips of C channels, T frames, H × W pixels */
export const logitsOf = strict(
  'logitsOf',
  { config, parameters, X: tensor },
  (config: NetworkConfig, parameters: NetworkParameters, X: Tensor): Tensor<['B', 'K']> =>
    config.system === undefined
      ? network(config, parameters, X as Tensor<['B', 'C', 'T', 'H', 'W']>)
      : withSystem(config, parameters, X, ({ logits }) => logits),
)

/** What makes the logits of a network of any system: what training and prediction are given for another than CSTransformer, so
 *  that a page which does without the others does not hold them. */
export const logitsBy = strict(
  'logitsBy',
  { config },
  (config: NetworkConfig) =>
    (parameters: NetworkParameters, X: Tensor): Tensor<['B', 'K']> =>
      logitsOf(config, parameters, X),
)

/** How much attention the class token gives to each patch in a block of a system, the mean over its heads.
 *  @param block from 1
 *  @param X one clip, `[1, C, T, H, W]`
 *  @returns `[T, P]`; the frames of a tubelet have the same */
export const systemMap = strict(
  'systemMap',
  { config: systemConfig, parameters, X: tensor, block: count },
  (config: SystemConfig, parameters: NetworkParameters, X: Tensor, block: number): Tensor => {
    const map = withSystem(config, parameters, X, ({ maps }) => maps[block - 1]!())
    const [N, , S] = map.shape as [number, number, number]
    const [T, P] = [config.frames, patches(config)]
    const row = reshape(slice(slice(mean(map, [1]), 2, 0, 1), 3, 1, S), [N, S - 1])
    // Joint attention of TimeSformer has its patches position by position, all others time by time.
    if (config.system === 'timesformer' && config.attention === 'joint') return transpose(reshape(row, [P, T]))
    const times = (N * (S - 1)) / P
    return reshape(broadcastTo(reshape(row, [times, 1, P]), [times, T / times, P]), [T, P])
  },
)
