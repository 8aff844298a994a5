/** What a step needs of memory, at least: what cannot be there is refused before anything is made. */
import { checkMemory, sizeOf } from '../tensor'
import { patches } from '../paper'
import { abstractNetwork, type NetworkConfig } from '../systems/network'
import { leaves } from '../trace'
import type { Recipe } from './recipe'

const BYTES = 4

/** Bytes of clips for a network. */
const clipBytes = ({ channels, frames, height, width }: NetworkConfig, clips: number): number =>
  clips * channels * frames * height * width * BYTES

/** Throws ShapeError where clips cannot be in memory together. */
export const checkClips = (config: NetworkConfig, clips: number, what: string): void =>
  checkMemory(`${clips} ${what}`, clipBytes(config, clips))

/** Throws ShapeError where a step cannot be in memory, in as many parts as it may be done: the parameters with their gradients and
 *  the state of the optimizer; the clips, and what one block makes of one of them; and, by themselves, held-out clips. */
export const checkStep = (
  config: NetworkConfig,
  { batch, optimizer }: Pick<Recipe, 'batch' | 'optimizer'>,
  heldOut = 0,
): void => {
  checkClips(config, heldOut, 'held-out clips')
  const parameters = leaves(abstractNetwork(config)).reduce((sum, x) => sum + sizeOf(x.shape), 0)
  const copies = optimizer.kind === 'SGD' ? 3 : 4
  checkMemory('parameters, gradients and the state of the optimizer', copies * parameters * BYTES)
  const tokens = config.frames * (1 + patches(config)) * config.dim * BYTES
  checkMemory(`a batch of ${batch} clips`, clipBytes(config, batch) + tokens)
}
