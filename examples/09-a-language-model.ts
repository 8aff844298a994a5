/** 9. A causal language model with cross-stage attention: it learns to copy. After four letters and a stop it is asked for
 *  the same letters again; each block's scores cross to the next one, and no token sees those to come. */
import { add, causalMask, crossEntropy, fromArray, full, gpuEngine, layerNorm, maskedMultiHead, matmul } from '../lib'
import { randomStream, rearrange, slice, type Tensor, toArray, truncatedNormal } from '../lib'
import { compile } from '../lib/engines'
import { gather } from '../lib/primitives'
import { adamw, minimise } from '../lib/training'

const [letters, length, C, h, B] = [6, 4, 32, 2, 32]
const S = 2 * length // letters, a stop, and their copy without its last letter
const weight = (name: string, ...shape: number[]) => truncatedNormal(randomStream(1, name), shape, 0.2)
const block = (i: number) => {
  const [W_Q, W_K, W_V, W_O] = ['Q', 'K', 'V', 'O'].map(name => weight(`${i} ${name}`, C, C)) as [Tensor, Tensor, Tensor, Tensor] // prettier-ignore
  const [alpha, b]: [Tensor, Tensor] = [full(0, []), full(0, [C])]
  return { alpha, W_Q, W_K, W_V, W_O, b_Q: b, b_K: b, b_V: b, b_O: b }
}
const start = {
  tokens: weight('tokens', letters + 1, C),
  places: weight('places', S, C),
  blocks: [block(0), block(1)],
  head: weight('head', C, letters),
}
type Parameters = typeof start

/** Tokens [B, S] to the logits of the letters that follow the stop and the copied ones, `[B*length, letters]`. */
const model = ({ tokens, places, blocks, head }: Parameters, X: Tensor): Tensor => {
  const normed = (V: Tensor): Tensor => layerNorm(V, full(1, [C]), full(0, [C]))
  let [V, A]: Tensor[] = [add(gather(tokens, X), places), full(0, [])]
  for (const { alpha, ...W } of blocks) {
    const made = maskedMultiHead(normed(V!), normed(V!), alpha, A!, causalMask(S), h, W)
    ;[V, A] = [add(V!, made.O), made.A]
  }
  return rearrange('[B, S, K] -> [B*S, K]', matmul(slice(normed(V!), 1, length, S), head))
}

/** A batch: B words of letters, a stop, and the words again. */
const batch = (step: number) => {
  const random = randomStream(2, `words ${step}`)
  const words = Array.from({ length: B }, () => Array.from({ length }, () => Math.floor(random() * letters)))
  const X = fromArray(
    words.flatMap(word => [...word, letters, ...word.slice(0, -1)]),
    [B, S],
  )
  return { X, labels: fromArray(words.flat(), [B * length]) }
}
const loss = (p: Parameters, { X, labels }: ReturnType<typeof batch>) => crossEntropy(model(p, X), labels)
const learn = async () => {
  const engine = await gpuEngine({ mode: 'webasm' })
  const settings = { engine, loss, parameters: start, optimizer: adamw({ decay: 0 }), batch, steps: 300, rate: 0.01, clip: 1 } // prettier-ignore
  let learnt = start
  for await (const { step, parameters } of minimise(settings)) if (step === 300) learnt = await parameters()
  const { X, labels } = batch(300)
  const logits = toArray(await (await compile(model, engine, learnt, X))(learnt, X)) as number[][]
  const right = logits.filter((z, i) => z.indexOf(Math.max(...z)) === labels.get(i)).length
  console.log(`${Math.round((100 * right) / logits.length)} % of the letters are right`)
  await engine.close()
}
void learn()
// → 100 % of the letters are right
