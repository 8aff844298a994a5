/** 10. CSSA in ViViT's factorised encoder (Arnab et al., 2021): one encoder sees the tubelets of a time, another the class tokens
 *  of all times. In either, each block's scores cross to the next one; from space to time nothing crosses, since the tokens
 *  are others. `lib/systems/vivit.ts` has it with FAM, and ViViT's joint attention. */
import * as cs from '../lib'
import {
  classTokens,
  firstToken,
  makeInitial,
  tubeletEmbedding,
  viViT,
  type ViViTConfig,
  type ViViTParameters,
  viViTParameters,
  withClassToken,
} from '../lib/systems'

const config: ViViTConfig = {
  ...{ model: 2, channels: 1, frames: 8, tubelet: 2, height: 16, width: 16, patch: 4, classes: 8 },
  ...{ dim: 32, heads: 2, ratio: 4, blocks: 3, temporalBlocks: 2, cssa: true, fam: false },
}
const { heads: h, tubelet, frames, patch } = config
const A_0 = cs.full(0)

/** Blocks one after another; the scores cross where `cssa` says so. */
const encoder = (V_0: cs.Tensor, blocks: readonly cs.BlockParameters[], cssa: boolean): cs.Tensor =>
  blocks.reduce(({ V, A }, W): { V: cs.Tensor; A: cs.Tensor } => cs.block(V, cssa ? A : A_0, W.alpha ?? A_0, h, W), {
    V: V_0,
    A: A_0 as cs.Tensor,
  }).V

/** Clips to logits. */
const factorised = (p: ViViTParameters, X: cs.Tensor, cssa = true): cs.Tensor<['B', 'K']> => {
  const { V_cls, P_t, blocks } = p.time!
  const tubelets: cs.Tensor = tubeletEmbedding(X, tubelet, patch, p.patch)
  const space = encoder(withClassToken(p.V_cls as cs.Tensor, tubelets, p.P_s as cs.Tensor), p.space.blocks, cssa)
  const times: cs.Tensor = classTokens(space, frames / tubelet)
  const time = encoder(withClassToken(V_cls as cs.Tensor, times, P_t as cs.Tensor), blocks, cssa)
  return cs.head(firstToken(time), p.head)
}

const random = makeInitial(1, { sigma: 0.2, alpha: 0.5 })
const parameters = viViTParameters(config, random)
const clips = cs.truncatedNormal(cs.randomStream(1, 'clips'), [2, 1, 8, 16, 16], 1)
const apart = (x: cs.Tensor, y: cs.Tensor) => Math.max(...Array.from(cs.flat(cs.sub(x, y)), Math.abs))

const logits = factorised(parameters, clips)
console.log('apart from the one of the library', apart(logits, viViT(config, parameters, clips)))
console.log('CSSA moves the logits:', apart(logits, factorised(parameters, clips, false)) > 0.01)
// → apart from the one of the library 0
// → CSSA moves the logits: true

// Every α learns, in space and in time.
const gradient = cs.grad((p: ViViTParameters) => cs.total(cs.mul(factorised(p, clips), factorised(p, clips))))(
  parameters,
)
for (const [path, x] of cs.entries(gradient)) if (path.endsWith('alpha')) console.log(path, cs.flat(x)[0] !== 0)
// → space.blocks.1.alpha true
// → space.blocks.2.alpha true
// → time.blocks.1.alpha true
