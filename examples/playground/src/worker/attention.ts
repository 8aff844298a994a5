/** What the class token attends to, Figure 4: a graph of the network with the first row of its attention maps. */
import { type Tensor } from '../../../../lib/tensor'
import { rearrange, slice } from '../../../../lib/primitives'
import { type BlockResult, type Config, forward, type Parameters } from '../../../../lib/paper'

/** From [B*T, h, 1+P, 1+P], each frame's class token over the tokens of its frame: [shown*T, h, 1, 1+P]. */
const inSpace = ({ map }: BlockResult, frames: number): Tensor => slice(slice(map, 0, 0, frames), 2, 0, 1)

/** From [B*(1+P), h, T, T], the class tokens of all frames over each other: [shown, 1, h, T, T]. */
const inTime = ({ map }: BlockResult, clips: number, shown: number): Tensor => {
  const positions: Tensor = rearrange('[B*N, h, S, U] -> [B, N, h, S, U]', map, { B: clips })
  return slice(slice(positions, 0, 0, shown), 1, 0, 1)
}

/** Logits of all clips, and the class token's attention in every block for the first `shown` of them. */
export const attending = (config: Config, shown: number) => (parameters: Parameters, X: Tensor) => {
  const { logits, STB, TTB } = forward(config, parameters, X)
  return {
    logits,
    maps: [
      ...STB.map(block => inSpace(block, shown * config.frames)),
      ...TTB.map(block => inTime(block, X.shape[0]!, shown)),
    ],
  }
}

/** The whole attention of every block for one clip; in time, of its class tokens. */
export const matrices = (config: Config) => (parameters: Parameters, X: Tensor) => {
  const { STB, TTB } = forward(config, parameters, X)
  return [...STB.map(({ map }) => map), ...TTB.map(block => inTime(block, 1, 1))]
}
