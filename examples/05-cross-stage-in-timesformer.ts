/** 5. CSSA and FAM in another network: the divided space-time attention of TimeSformer (Bertasius et al., 2021).
 *
 *  A block attends twice: each patch to its own position in all frames, then to all patches of its own frame. The scores
 *  of either kind cross to the same kind in the next block, and what the blocks made is aggregated. Every part is an
 *  equation of the paper; only their order is TimeSformer's. (It has one class token for the clip; here there is none.) */
import * as cs from '../lib'

const config = { ...cs.variants.digits, STB: 3, TTB: 3 }
const { frames: T, heads: h, patch: M } = config
const S = cs.patches(config)
const A_0 = cs.full(0)

/** Spatial weights come with the MLP's; of the temporal ones, only the attention's are used. */
interface Weights {
  readonly time: cs.BlockParameters
  readonly space: cs.BlockParameters
}
/** What a block made: its output, and the scores of both kinds. */
interface Made {
  readonly V: cs.Tensor<['B*T', 'S', "C'"]>
  readonly A_time: cs.Tensor
  readonly A_space: cs.Tensor
}

const dividedBlock = ({ V, A_time, A_space }: Made, { time, space }: Weights): Made => {
  const X = cs.toTime(cs.layerNorm(V, time.gain_1, time.bias_1), T)
  const alongTime = cs.crossMultiHead(X, X, X, time.alpha ?? A_0, A_time, h, time)
  const V_time = cs.add(cs.toSpace(alongTime.O, S), V)

  const Z = cs.layerNorm(V_time, space.gain_1, space.bias_1)
  const inSpace = cs.crossMultiHead(Z, Z, Z, space.alpha ?? A_0, A_space, h, space)
  const V_space = cs.add(inSpace.O, V_time)

  const V_i = cs.add(cs.mlp(cs.layerNorm(V_space, space.gain_2, space.bias_2), space), V_space)
  return { V: V_i, A_time: alongTime.A, A_space: inSpace.A }
}

const timesformer = (p: cs.Parameters, X: cs.Tensor<['B', 'C', 'T', 'I*M', 'J*M']>) => {
  let made: Made = { V: cs.patchEmbedding(X, M, p.patch) as cs.Tensor, A_time: A_0, A_space: A_0 }
  const blocks = p.STB.map((space, i) => (made = dividedBlock(made, { space, time: p.TTB[i]! })))
  const [V_1, V_2, V_3] = blocks.map(b => b.V) as [Made['V'], Made['V'], Made['V']]
  return { blocks, Y: cs.featureAggregation([V_1, V_2], V_3, p.FAM!.network!.slice(0, 2)) }
}

const parameters = cs.initialParameters(config, 1, { sigma: 0.2, alpha: 0.5 })
const clips = cs.truncatedNormal(cs.randomStream(1, 'clips'), [2, 1, T, 16, 16], 1)
const { blocks, Y } = timesformer(parameters, clips)
console.log('A along time', blocks[0]!.A_time.shape, 'A in space', blocks[0]!.A_space.shape, 'Y', Y.shape)
// → A along time [ 32, 2, 4, 4 ] A in space [ 8, 2, 16, 16 ] Y [ 8, 16, 32 ]

// Both kinds of α can learn: a loss, here the mean square of Y, has a gradient in each.
const meanSquare = (Z: cs.Tensor): cs.Tensor<[]> => cs.scale(cs.total(cs.mul(Z, Z)), 1 / Z.size)
const { STB, TTB } = cs.grad((p: cs.Parameters) => meanSquare(timesformer(p, clips).Y))(parameters)
for (const i of [1, 2])
  console.log(`α_${i + 1} has a gradient:`, ...[TTB, STB].map(blocks => cs.flat(blocks[i]!.alpha!)[0] !== 0))
// → α_2 has a gradient: true true
// → α_3 has a gradient: true true
