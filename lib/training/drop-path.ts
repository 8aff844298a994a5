/** Residual branches that are left out of a step at random: stochastic depth (Huang et al., 2016). */
import { few, index, list, number, recordOf, strict, tensor, wholeNumber } from '../tensor/given'
import { config } from './kinds'
import { fromArray, isTensor, randomStream, type Tensor, UserError } from '../tensor'
import type { BlockParameters, Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { mul, reshape, slice } from '../primitives'

/** The blocks whose branches can be left out. Throws UserError for another system, of which none can. */
export const branchBlocks = strict('branchBlocks', { config }, (config: NetworkConfig): number => {
  if (config.system === undefined) return config.STB + config.TTB
  throw new UserError(`dropPath must be 0 for ${config.system}: branches are left out of CSTransformer alone`)
})

/** What the attention and the MLP of each block are multiplied by in a step, STBs first: 0 where the branch is left out, else
 *  1/(1 − p), so that their mean stays 1. p grows linearly to `rate` in the last block. All clips of a step share it.
 *  @returns `[2·L]`, from the seed and the step alone */
export const branchFactors = strict(
  'branchFactors',
  { rate: number, blocks: few, seed: wholeNumber, step: index },
  (rate: number, blocks: number, seed: number, step: number): Tensor => {
    const random = randomStream(seed, `drop path ${step}`)
    const factors = Array.from({ length: 2 * blocks }, (_, i) => {
      const p = (rate * (Math.floor(i / 2) + 1)) / blocks
      return random() < p ? 0 : 1 / (1 - p)
    })
    return fromArray(Float32Array.from(factors), [2 * blocks])
  },
)

/** The parameters of a network whose branches are multiplied by factors: a branch is linear in its last weights, so that these
 *  are, and Eqs. (5) and (6) stay as they are written. A block some of whose last weights are frozen, and null here, stays.
 *  @param factors `[2·L]`, as `branchFactors` makes them; where all are 1 the network is the same */
export const withBranchFactors = strict(
  'withBranchFactors',
  { parameters: recordOf({ STB: list, TTB: list }), factors: tensor },
  (parameters: Parameters, factors: Tensor): Parameters => {
    const factor = (i: number): Tensor => reshape(slice(factors, 0, i, i + 1), [])
    const by = <S extends Tensor>(x: S, i: number): S => mul(x as Tensor, factor(i)) as S
    const scaled =
      (first: number) =>
      (W: BlockParameters, i: number): BlockParameters => {
        if (![W.W_O, W.b_O, W.W_2, W.b_2].every(isTensor)) return W
        const [attention, mlp] = [2 * (first + i), 2 * (first + i) + 1]
        return {
          ...W,
          W_O: by(W.W_O, attention),
          b_O: by(W.b_O, attention),
          W_2: by(W.W_2, mlp),
          b_2: by(W.b_2, mlp),
        }
      }
    const { STB, TTB } = parameters
    return { ...parameters, STB: STB.map(scaled(0)), TTB: TTB.map(scaled(STB.length)) }
  },
)
