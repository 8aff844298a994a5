import { expect } from 'chai'
import { compile, type Engine, gpuEngine, ndarrayEngine, onnxEngine } from '../../lib/engines'
import { add, exp, matmul, mul, reshape, sub, sum } from '../../lib/primitives'
import { flat, full, type Tensor } from '../../lib/tensor'
import { leaves } from '../../lib/trace'
import { grad } from '../../lib/transforms'
import { type Counting, counting } from '../laws/counting'
import { drawn, expectClose, expectSame } from '../laws/values'

interface Layer {
  readonly W: Tensor
  readonly b: Tensor
}
const layer: Layer = { W: drawn([3, 2], 1), b: drawn([2], 2) }
const [x, y] = [drawn([4, 3], 3), drawn([4, 2], 4)]
const predicted = ({ W, b }: Layer, x: Tensor) => add(matmul(x, W), b)
const loss = (layer: Layer, x: Tensor, y: Tensor) => {
  const off = sub(predicted(layer, x), y)
  return reshape(sum(mul(off, off), [0, 1]), [])
}
/** A step of gradient descent, with the loss before it. */
const step = (layer: Layer, x: Tensor, y: Tensor, rate: Tensor) => {
  const { W, b } = grad(loss)(layer, x, y)
  return { layer: { W: sub(layer.W, mul(rate, W)), b: sub(layer.b, mul(rate, b)) }, loss: loss(layer, x, y) }
}

const engines: readonly (readonly [string, () => Promise<Engine>])[] = [
  ['ndarray', async () => ndarrayEngine as Engine],
  ['onnx', async () => (await onnxEngine()) as Engine],
  ['gpu, webasm', async () => (await gpuEngine({ mode: 'webasm' })) as Engine],
]

for (const [name, open] of engines)
  describe(`compile on ${name}`, () => {
    let own: Engine
    let counted: Counting
    before(async () => {
      own = await open()
      counted = counting(own)
    })
    after(() => own.close())

    it('gives what the function gives, as records of ndarrays, and keeps nothing', async () => {
      const compiled = await compile(step, counted.engine, layer, x, y, full(0.01, []))
      const made = await compiled(layer, x, y, full(0.05, []))
      const expected = step(layer, x, y, full(0.05, []))
      expect(Object.keys(made)).to.deep.equal(['layer', 'loss'])
      leaves(made).forEach((tensor, i) => expectClose(tensor, leaves(expected)[i]!, 1e-5, `result ${i}`))
      expect(counted.held()).to.equal(0)
    })

    it('trains with parameters that stay on the engine, and gives every handle back', async () => {
      const compiled = await compile(step, counted.engine, layer, x, y, full(0, []))
      const batch = [compiled.upload(x), compiled.upload(y), compiled.upload(full(0.02, []))] as const
      let [held, expected] = [compiled.upload(layer), layer]
      const losses: number[] = []
      for (let i = 0; i < 20; i++) {
        const made = await compiled.hold(held, ...batch)
        losses.push(flat(await made.get('loss').download())[0]!)
        made.get('loss').release()
        held.release()
        held = made.get('layer')
        expected = step(expected, x, y, full(0.02, [])).layer
      }
      const trained = await held.download()
      expectClose(trained.W, expected.W, 1e-4, 'W')
      expectClose(trained.b, expected.b, 1e-4, 'b')
      expect(losses.at(-1)).to.be.below(losses[0]!)
      held.release()
      batch.forEach(tree => tree.release())
      expect(counted.held()).to.equal(0)
    })

    it('takes a result that is an argument, or the same tensor twice', async () => {
      const compiled = await compile((x: Tensor) => ({ x, again: x, e: exp(x) }), counted.engine, x)
      const made = await compiled(x)
      expectSame(made.x, x, 'x')
      expectSame(made.again, x, 'again')
      expectClose(made.e, exp(x), 1e-6, 'e')
      const held = compiled.upload(x)
      const result = await compiled.hold(held)
      held.release()
      expectSame(await result.get('x').download(), x, 'x after its argument is released')
      result.release()
      expect(counted.held()).to.equal(0)
    })

    it('names the argument that does not fit', async () => {
      const compiled = await compile(loss, counted.engine, layer, x, y)
      const says = async (promise: Promise<unknown>, text: string): Promise<unknown> =>
        expect(await promise.then(() => 'no error', (error: Error) => error.message)).to.equal(text) // prettier-ignore
      await says(compiled({ W: layer.W } as Layer, x, y), "argument 1 must have a tensor at 'b', got no more tensors")
      await says(compiled(layer, layer as unknown as Tensor, y), "argument 2 must have a tensor, got a tensor at 'W'")
      await says(compiled(layer, x, drawn([4, 3])), 'input 2 of the graph must be float32[4, 2], got float32[4, 3]')
      await says((compiled as (...args: unknown[]) => Promise<unknown>)(layer, x), 'the compiled function must be given 3 arguments, got 2') // prettier-ignore
      const other = await compile(exp, counted.engine, x)
      await says(compiled(layer, other.upload(x), y), 'argument 2 must be held by this compiled function, got one that is not') // prettier-ignore
    })
  })
