/** 6. CSSA and FAM in a plain vision transformer: images, and one kind of attention.
 *
 *  An image is a clip of one frame, so the equations serve as they are. `encode` is a stack of the paper's blocks: scores cross
 *  where blocks have an α, and their outputs are aggregated where there are terms of FAM. */
import * as cs from '../lib'
import { encode, firstToken, withClassToken } from '../lib/systems'

const config = cs.configure({ ...cs.variants.small, frames: 1, dim: 48, STB: 4, TTB: 0, temporalPosition: false })
const p = cs.initialParameters(config, 1, { sigma: 0.1, alpha: 0.5 })
const images = cs.truncatedNormal(cs.randomStream(1, 'images'), [2, 3, 1, 64, 64], 1)

const vit = ({ cssa, fam }: { readonly cssa: boolean; readonly fam: boolean }) => {
  const patches: cs.Tensor = cs.patchEmbedding(images as cs.Tensor, config.patch, p.patch)
  const V_0: cs.Tensor = withClassToken(p.V_cls as cs.Tensor, patches, p.P_s as cs.Tensor)
  const blocks = cssa ? p.STB : p.STB.map(({ alpha: _, ...W }) => W)
  const { Y } = encode(V_0, { blocks, ...(fam && { FAM: p.FAM!.network! }) }, config.heads)
  return cs.head(firstToken(Y), p.head)
}
const apart = (x: cs.Tensor, y: cs.Tensor) => Math.max(...Array.from(cs.flat(cs.sub(x, y)), Math.abs))
const [plain, both] = [vit({ cssa: false, fam: false }), vit({ cssa: true, fam: true })]
console.log('CSSA moves the logits:', apart(plain, vit({ cssa: true, fam: false })) > 0.01)
console.log('FAM moves the logits:', apart(plain, vit({ cssa: false, fam: true })) > 0.01)
// → CSSA moves the logits: true
// → FAM moves the logits: true

// The paper's network with no temporal block is this ViT.
console.log('difference to the network', apart(both, cs.network(config, p, images)))
console.log('and to its baseline', apart(plain, cs.network(cs.baseline(config), p, images)))
// → difference to the network 0
// → and to its baseline 0
