/** Browsers: what a page needs to train a network bundles without anything of Node, and runs where there is none. */
import { expect } from 'chai'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { bundle, type Bundled, root } from './bundled'

/** What the package offers by its paths, but for what needs files and processes, in its `node` paths. */
const parts = ['.', 'tensor', 'trace', 'primitives', 'transforms', 'engines', 'paper', 'systems', 'video', 'training', 'ablation'] // prettier-ignore

/** Everything above, and the losses of three steps on an engine. */
const entry = `
  ${parts.map((part, i) => `import * as part${i} from ${JSON.stringify(join(root, 'lib', part))}`).join('\n')}
  const all = Object.assign({}, ${parts.map((_, i) => `part${i}`).join(', ')})
  globalThis.result = (async () => {
    const { variants, initialParameters, digitsRecipe, startState, train, gpuEngine, ndarrayEngine, digitsInMotion } = all
    const digits = { images: [0, 1, 2].map(k => Uint8Array.from({ length: 784 }, (_, i) => (37 * i * (k + 1)) % 256)) }
    const config = { ...variants.digits, dim: 8 }
    const recipe = { ...digitsRecipe, steps: 3, batch: 2 }
    const losses = async engine => {
      const seen = []
      const state = startState(recipe, initialParameters(config, 1, { sigma: 0.1 }))
      const batch = step => digitsInMotion(1, { digits, clips: 2, first: 2 * step })
      for await (const { loss } of train({ engine, config, recipe, state, batch })) seen.push(loss)
      return seen
    }
    const gpujs = () => import('gpu.js')
    const engine = await gpuEngine({ mode: 'cpu', gpujs })
    const own = await gpuEngine({ mode: 'webasm', gpujs })
    const refused = await gpuEngine({ mode: 'webgpu', gpujs }).catch(error => error.name + ': ' + error.message)
    return { names: Object.keys(all), gpu: await losses(engine), webasm: await losses(own), said: own.description, reference: await losses(ndarrayEngine), refused }
  })()`

describe('A bundle for browsers', () => {
  let bundled: Bundled
  before(async () => {
    bundled = await bundle(entry)
  })

  it('imports nothing of Node, and asks for nothing that is not in it', () => {
    expect(bundled).to.deep.include({ warnings: [], imports: [], foreign: [] })
    expect(
      bundled.modules.some(id => id.endsWith('/gpu.js/dist/gpu-browser.js')),
      'gpu.js for browsers',
    ).to.be.true
  })

  it('trains where there is no Node, to the losses of the reference', async () => {
    const bare = createContext({ TextDecoder, TextEncoder, setTimeout, performance })
    runInContext('globalThis.self = globalThis', bare)
    runInContext(bundled.code, bare)
    const { names, gpu, webasm, said, reference, refused } = (await bare['result']) as {
      readonly names: readonly string[]
      readonly gpu: readonly number[]
      readonly webasm: readonly number[]
      readonly said: string
      readonly reference: readonly number[]
      readonly refused: string
    }
    expect(names).to.include.members(['network', 'trainingStep', 'decodeCheckpoint', 'decodePng', 'gpuJsListing'])
    expect(reference).to.have.length(3)
    reference.forEach((loss, i) => expect(gpu[i], `the loss of step ${i + 1}`).to.be.closeTo(loss, 1e-5))
    reference.forEach((loss, i) => expect(webasm[i], `the loss of step ${i + 1}`).to.be.closeTo(loss, 1e-5))
    expect(said, 'a context without workers').to.equal('gpu.js on webasm, our own SIMD on one thread')
    expect(refused).to.match(/^UserError: engine gpu: mode webgpu needs a browser with WebGPU/)
  })
})
