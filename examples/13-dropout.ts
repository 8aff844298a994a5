/** 13. Dropout: what a step leaves out at random is an input of its graph, drawn from a seed, a name and the step.
 *
 *  A step stays a pure function, so that the same seed gives the same run on every engine. Where nothing is left out, as when
 *  the network is used, the factors are 1. */
import * as cs from '../lib'
import { adamw, keptOf, minimise } from '../lib/training'

const [B, S, C, h, K, steps] = [16, 6, 16, 2, 3, 40]
const { STB, head } = cs.initialParameters({ ...cs.variants.digits, dim: C, STB: 2, classes: K }, 1, { sigma: 0.2 })
const start = { STB, head }
type Parameters = typeof start

/** What each block's activations are multiplied by: [B, S, C], or one number for each sequence (stochastic depth). */
type Factors = readonly cs.Tensor[]
const none: Factors = STB.map(() => cs.full(1))
const dropped = (p: number, seed: number, step: number): Factors =>
  STB.map((_, i) => keptOf(p, [B, S, C], { seed, step, name: `block ${i}` }))

/** Sequences of tokens to logits, through blocks whose scores cross. */
const model = ({ STB, head }: Parameters, X: cs.Tensor, factors: Factors): cs.Tensor<['B', 'K']> => {
  let [V, A]: cs.Tensor[] = [X, cs.full(0)]
  STB.forEach((W, i) => {
    const made = cs.block(V!, A!, W.alpha ?? cs.full(0), h, W)
    ;[V, A] = [cs.mul(made.V as cs.Tensor, factors[i]!), made.A]
  })
  return cs.head(cs.rearrange('[B, 1, C] -> [B, C]', cs.slice(V!, 1, 0, 1)), head)
}

const X = cs.truncatedNormal(cs.randomStream(1, 'X'), [B, S, C], 1)
const labels = cs.fromArray(Array.from({ length: B }, (_, b) => b % K))
const loss = (p: Parameters, { factors }: { readonly factors: Factors }) =>
  cs.crossEntropy(model(p, X, factors), labels)

const settings = { engine: cs.ndarrayEngine, loss, parameters: start, optimizer: adamw({ decay: 0 }), rate: 0.01 }
const learn = async (p: number, seed: number) => {
  const losses: number[] = []
  let learnt = start
  for await (const made of minimise({ ...settings, steps, batch: step => ({ factors: dropped(p, seed, step) }) })) {
    losses.push(made.loss)
    if (made.step === steps) learnt = await made.parameters()
  }
  return { losses, learnt }
}
const main = async () => {
  const [plain, first] = [await learn(0, 1), await learn(0.3, 1)]
  const [again, other] = [await learn(0.3, 1), await learn(0.3, 2)]
  console.log('the same seed, the same losses:', String(first.losses) === String(again.losses))
  console.log('another seed, others:', String(first.losses) !== String(other.losses))
  const used = ({ learnt }: typeof plain) => cs.flat(loss(learnt, { factors: none }))[0]!
  console.log('learnt by heart, without dropout and with it:', used(plain) < 0.05, used(first) < 0.05)
  console.log('harder with it, while it learns:', first.losses.at(-1)! > 2 * plain.losses.at(-1)!)
}
void main()
// → the same seed, the same losses: true
// → another seed, others: true
// → learnt by heart, without dropout and with it: true true
// → harder with it, while it learns: true
