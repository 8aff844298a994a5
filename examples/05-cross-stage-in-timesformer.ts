/** 5. CSSA and FAM in another network: the divided space-time attention of TimeSformer (Bertasius et al., 2021).
 *
 *  A block attends twice: each patch to its own position in all frames, then to all patches of its own frame. The scores
 *  of either kind cross to the same kind in the next block, and what the blocks made is aggregated. Almost every part is an
 *  equation of the paper: see lib/systems/timesformer.ts. A program of your own imports 'cstransformer/systems'. */
import * as cs from '../lib'
import { makeInitial, timeSformer, type TimeSformerConfig, timeSformerParameters } from '../lib/systems'

const plain: TimeSformerConfig = {
  ...{ attention: 'divided', channels: 1, frames: 4, height: 16, width: 16, patch: 4, classes: 8 },
  ...{ dim: 32, heads: 2, ratio: 4, blocks: 3, cssa: false, fam: false },
}
const crossed: TimeSformerConfig = { ...plain, cssa: true, fam: true }
const clips = cs.truncatedNormal(cs.randomStream(1, 'clips'), [2, 1, 4, 16, 16], 1)
const apart = (x: cs.Tensor, y: cs.Tensor) => Math.max(...Array.from(cs.flat(cs.sub(x, y)), Math.abs))

// With α = 0, and FAM's gains 0, it starts as TimeSformer itself.
const p = timeSformerParameters(crossed, makeInitial(1, { sigma: 0.2 }))
const logits = timeSformer(crossed, p, clips)
console.log(
  'apart at first',
  apart(logits, timeSformer(plain, timeSformerParameters(plain, makeInitial(1, { sigma: 0.2 })), clips)),
)
// → apart at first 0

// Both kinds of α can learn: a loss, here the sum of squares of the logits, has a gradient in each.
const squares = (y: cs.Tensor): cs.Tensor<[]> => cs.total(cs.mul(y, y))
const { time, space } = cs.grad((q: typeof p) => squares(timeSformer(crossed, q, clips)))(p)
for (const i of [1, 2])
  console.log(`α_${i + 1} has a gradient:`, ...[time!, space.blocks].map(blocks => cs.flat(blocks[i]!.alpha!)[0] !== 0))
// → α_2 has a gradient: true true
// → α_3 has a gradient: true true
