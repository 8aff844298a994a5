/** 6. CSSA and FAM in a plain vision transformer: images, and one kind of attention.
 *
 *  An image is a clip of one frame, so the equations serve as they are. With both modules switched off this is ViT, and
 *  each of them is one line more. */
import * as cs from '../lib'

const config = cs.configure({ ...cs.variants.small, frames: 1, dim: 48, STB: 4, TTB: 0, temporalPosition: false })
const { heads: h, patch: M, dim } = config
const A_0 = cs.full(0)
const noTime = cs.full(0, [1, 1, dim])

interface Switches {
  readonly cssa: boolean
  readonly fam: boolean
}

const vit = (p: cs.Parameters, images: cs.Tensor<['B', 'C', '1', 'I*M', 'J*M']>, { cssa, fam }: Switches) => {
  const V_cls = cs.classToken(p.V_cls, images.shape[0]!, 1)
  const patches: cs.Tensor = cs.patchEmbedding(images, M, p.patch)
  let V: cs.Tensor<['B', 'S', "C'"]> = cs.positionEncoding(V_cls as cs.Tensor, patches, p.P_s as cs.Tensor, noTime)
  let A: cs.Tensor = A_0
  const outputs = p.STB.map(W => {
    const made = cs.block(V, cssa ? A : A_0, W.alpha ?? A_0, h, W) // A_{i−1} crosses here
    A = made.A
    return (V = made.V)
  })
  const Y: cs.Tensor = fam ? cs.featureAggregation(outputs.slice(0, -1), V, p.FAM!.network!) : V
  return cs.head(cs.rearrange("[B, 1, C'] -> [B, C']", cs.slice(Y, 1, 0, 1)), p.head)
}

const parameters = cs.initialParameters(config, 1, { sigma: 0.1, alpha: 0.5 })
const images = cs.truncatedNormal(cs.randomStream(1, 'images'), [2, 3, 1, 64, 64], 1)

const count = (kind: RegExp) =>
  cs.entries(parameters).reduce((sum, [path, x]) => (kind.test(path) ? sum + x.size : sum), 0)
console.log(`ViT ${count(/^(?!.*alpha|FAM)/)} parameters, CSSA ${count(/alpha/)} more, FAM ${count(/FAM/)} more`)
// → ViT 126106 parameters, CSSA 3 more, FAM 291 more

const run = (switches: Switches) => vit(parameters, images, switches)
const apart = (x: cs.Tensor, y: cs.Tensor) => Math.max(...Array.from(cs.flat(cs.sub(x, y)), Math.abs))
const plain = run({ cssa: false, fam: false })
const both = run({ cssa: true, fam: true })
console.log('CSSA moves the logits:', apart(plain, run({ cssa: true, fam: false })) > 0.01)
console.log('FAM moves the logits:', apart(plain, run({ cssa: false, fam: true })) > 0.01)
// → CSSA moves the logits: true
// → FAM moves the logits: true

// The paper's network with no temporal block is this ViT.
console.log('difference to the network', apart(both, cs.network(config, parameters, images)))
console.log('and to its baseline', apart(plain, cs.network(cs.baseline(config), parameters, images)))
// → difference to the network 0
// → and to its baseline 0
