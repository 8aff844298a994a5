/** Memory of the process over thousands of steps: a test for a process of its own, since what others leave to be collected is as
 *  large as a leak. */
import { expect } from 'chai'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { add, full, gpuEngine, mul, softmax, sum, type Tensor, trace } from '../../../../lib'
import { liveBuffers, softwareAdapter } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'
import { drawn } from '../../../laws/values'

/** The memory of this process in bytes, once what nobody uses is given back. */
const resident = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().rss
}

describeWhere(softwareAdapter())('Memory in gpu.js, mode webgpu', () => {
  const step = (w: Tensor, g: Tensor) => {
    const y = softmax(mul(w, g))
    return { w: add(w, mul(y, full(0.01))), loss: sum(y, [0, 1]) }
  }

  let closing = async (): Promise<void> => undefined
  after(() => closing())

  it('grows over 2,000 steps neither on the device nor in the process', async function () {
    this.timeout(300_000)
    const engine = await gpuEngine({ mode: 'webgpu', software: true })
    closing = engine.close
    const w = drawn([128, 128])
    const execute = await engine.compile(trace(step, w, w).graph)
    const alive = liveBuffers()
    let state = engine.upload(w)
    const train = async (steps: number): Promise<void> => {
      for (let i = 0; i < steps; i++) {
        const given = engine.upload(w)
        const [next, loss] = await execute([state, given])
        await engine.download(loss!)
        engine.release([state, given, loss!])
        state = next!
      }
    }
    await train(300)
    const buffers = alive()
    const growth: number[] = []
    for (let window = 0; window < 2; window++) {
      const before = resident()
      await train(850)
      growth.push(resident() - before)
    }
    expect(alive(), 'buffers alive on the device').to.equal(buffers)
    // A tensor of 64 KiB kept by each step would be 55 MB in each window, garbage
    // in one at most.
    expect(Math.min(...growth), 'bytes more after 850 steps, twice').to.be.below(45e6)
  })
})
