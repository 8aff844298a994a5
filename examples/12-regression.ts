/** 12. Regression: how fast, and which way, does a dot move? The paper's network answers with two numbers in place of the logits
 *  of two classes, and `minimise` trains it on a loss of ours, the squared error. */
import * as cs from '../lib'
import { compile } from '../lib/engines'
import { adamw, minimise } from '../lib/training'

const config = cs.configure({ ...cs.variants.digits, dim: 16, classes: 2 })
const { frames: T, height: H, width: W } = config
const [B, steps] = [32, 200]

/** Clips of a dot of light, and its velocity in pixels a frame. */
const batch = (step: number) => {
  const random = cs.randomStream(3, `dots ${step}`)
  const dots = Array.from({ length: B }, () => {
    const [vx, vy] = [2 * random() - 1, 2 * random() - 1]
    const [x, y] = [7.5 - 1.5 * vx + 4 * random() - 2, 7.5 - 1.5 * vy + 4 * random() - 2] // in the middle of its way
    return { vx, vy, x, y }
  })
  const light = ({ x, y, vx, vy }: (typeof dots)[number], t: number, i: number, j: number) =>
    Math.exp(-((j - x - vx * t) ** 2 + (i - y - vy * t) ** 2) / 4)
  const pixels = dots.flatMap(dot =>
    Array.from({ length: T * H * W }, (_, k) => light(dot, Math.floor(k / (H * W)), Math.floor(k / W) % H, k % W)),
  )
  return { X: cs.fromArray(pixels, [B, 1, T, H, W]), velocity: cs.fromArray(dots.flatMap(d => [d.vx, d.vy]), [B, 2]) } // prettier-ignore
}
type Batch = ReturnType<typeof batch>

/** The mean squared error of both numbers. */
const loss = (p: cs.Parameters, { X, velocity }: Batch) => {
  const off = cs.sub(cs.network(config, p, X) as cs.Tensor, velocity)
  return cs.scale<[]>(cs.total(cs.mul(off, off)), 1 / (2 * B))
}

const learn = async () => {
  const engine = await cs.gpuEngine({ mode: 'webasm' })
  const start = cs.initialParameters(config, 1, { sigma: 0.3 })
  const settings = {
    engine,
    loss,
    parameters: start,
    optimizer: adamw({ decay: 0 }),
    batch,
    steps,
    rate: 0.005,
    clip: 1,
  }
  let learnt = start
  for await (const { step, parameters } of minimise(settings)) if (step === steps) learnt = await parameters()
  const unseen = batch(steps)
  const error = await compile(loss, engine, learnt, unseen)
  const spread = cs.flat(cs.mean(cs.mul(unseen.velocity, unseen.velocity), [0, 1]))[0]!
  const explained = async (p: cs.Parameters) => 1 - cs.flat(await error(p, unseen))[0]! / spread
  console.log('of the velocity, more than 90 % is explained, before and after:', (await explained(start)) > 0.9, (await explained(learnt)) > 0.9) // prettier-ignore
  await engine.close()
}
void learn()
// → of the velocity, more than 90 % is explained, before and after: false true
