/** ONNX models and the engine that runs them, at length. */
import { expect } from 'chai'
import { full, initialParameters, leaves, onnxEngine, trace, variants } from '../../lib'
import { type Batch, digitsRecipe, sgd, startState, trainingStep } from '../../lib/training'
import { temporaryFolder } from '../cli/command'
import { goldenCases } from '../golden'
import { drawn } from '../laws/values'
import { passesChecker } from './onnx-checked'

describe('Every network as an ONNX model', () => {
  passesChecker(temporaryFolder(), goldenCases)
})

describe('The engine onnx, at length', () => {
  it('keeps its memory over 1,000 training steps', async () => {
    const config = variants.digits
    const state = startState(digitsRecipe, initialParameters(config, 1))
    const optimizer = sgd({ momentum: 0.9, decay: 0 })
    const start = { parameters: state.parameters, optimizer: optimizer.start(state.parameters) }
    const batch: Batch = { X: drawn([2, 1, 4, 16, 16]), labels: full(1, [2]) }
    const engine = await onnxEngine({ threads: 1 })
    const { graph } = trace(trainingStep(config, optimizer), start, batch, full(0, []))
    const run = await engine.compile(graph)
    const given = [...leaves(batch), full(1e-3, [])].map(engine.upload)
    let handles = leaves(start).map(engine.upload)
    const count = handles.length
    const steps = async (n: number): Promise<number> => {
      for (let i = 0; i < n; i++) {
        const made = await run([...handles, ...given])
        engine.release([...handles, ...made.slice(count)])
        handles = made.slice(0, count)
      }
      return process.memoryUsage().rss
    }
    const before = await steps(300)
    const after = await steps(700)
    await engine.close()
    // A step that kept its parameters and momenta would have kept 280 MB.
    expect((after - before) / 2 ** 20, 'growth in MiB').to.be.below(60)
    const size = leaves(start).reduce((sum, x) => sum + x.size, 0)
    expect(size * 4 * 700).to.be.above(200 * 2 ** 20)
  })
})
