/** A program in a page that takes the package from its project: a checkpoint is fetched, predicts, and is trained on. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import {
  digitsRecipe,
  encodeCheckpoint,
  initialParameters,
  ndarrayEngine,
  predict,
  startState,
  train,
  variants,
} from '../lib'
import { flat } from '../lib/tensor'
import { digitsInMotion } from '../lib/video'
import { readDigits } from '../lib/video/node'
import { launch, open } from './chromium'
import { root } from './packed'

/** The page's script. What it finds is in `globalThis.result`. */
export const pageProgram = `
  import { decodeCheckpoint, encodeCheckpoint, gpuEngine, predict, train } from 'cstransformer'
  import { digitsFrom, digitsInMotion } from 'cstransformer/video'

  const bytes = async path => new Uint8Array(await (await fetch(path)).arrayBuffer())
  globalThis.result = (async () => {
    const names = ['labels.json', 'train.png', 'test.png']
    const files = Object.fromEntries(await Promise.all(names.map(async name => [name, await bytes(name)])))
    const digits = digitsFrom(name => files[name]).train
    const { config, recipe, seed, state, step } = decodeCheckpoint(await bytes('start.safetensors'), 'start.safetensors')
    const engine = await gpuEngine({ mode: 'webasm' })
    const batch = step => digitsInMotion(1, { digits, clips: recipe.batch, first: recipe.batch * step })
    const { X } = batch(1000)
    const logits = async parameters => [...(await predict(engine, config, parameters, X, recipe.batch)).data]
    const before = await logits(state.parameters)
    const losses = []
    let last
    for await (last of train({ engine, config, recipe, state, from: step, batch })) losses.push(last.loss)
    const trained = { config, recipe, seed, step: last.step, state: await last.state() }
    const loaded = decodeCheckpoint(encodeCheckpoint(trained), 'trained')
    return { engine: engine.description, losses, before, after: await logits(loaded.state.parameters) }
  })().catch(error => ({ error: String(error.stack) }))
`

const recipe = { ...digitsRecipe, batch: 4, steps: 22 }
const config = variants.digits
const start = {
  config,
  recipe,
  seed: 1,
  step: 2,
  state: startState(recipe, initialParameters(config, 1, { sigma: 0.1 })),
}

/** Opens a page with the program, bundled, the script that it begins with first, and checks that it computes there what the reference computes here. */
export const runInPage = async (scripts: Readonly<Record<string, Uint8Array | string>>): Promise<void> => {
  const digit = (name: string): Uint8Array => readFileSync(join(root, 'fixtures/digits', name))
  const files: Record<string, string | Uint8Array> = {
    '/': `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${Object.keys(scripts)[0]}"></script>`,
    ...scripts,
    '/start.safetensors': encodeCheckpoint(start),
    ...Object.fromEntries(['labels.json', 'train.png', 'test.png'].map(name => [`/${name}`, digit(name)])),
  }
  const kinds: Record<string, string> = { '': 'text/html', '.js': 'text/javascript', '.json': 'application/json' }
  const server = createServer(({ url = '' }, response) => {
    const type = kinds[extname(url)] ?? 'application/octet-stream'
    response.writeHead(url in files ? 200 : 404, { 'content-type': type }).end(files[url])
  }).listen(0, '127.0.0.1')
  await new Promise(listening => server.once('listening', listening))
  const browser = await launch('without WebGPU')
  try {
    const { page, complaints } = await open(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const found = await page.evaluate(() => (globalThis as unknown as { result: Promise<Found> }).result)
    expect({ error: found.error, complaints }).to.deep.equal({ error: undefined, complaints: [] })
    expect(found.engine).to.match(/^webasm without gpu\.js, our own SIMD/)

    const digits = readDigits().train
    const batch = (step: number) => digitsInMotion(1, { digits, clips: recipe.batch, first: recipe.batch * step })
    const { X } = batch(1000)
    const engine = ndarrayEngine
    const losses: number[] = []
    for await (const { loss } of train({ engine, recipe, config, state: start.state, from: 2, batch }))
      if (losses.push(loss) === 2) break
    losses.forEach((loss, i) => expect(found.losses[i], `the loss of step ${i + 3}`).to.be.closeTo(loss, 1e-4))
    const logits = flat(await predict(engine, config, start.state.parameters, X, recipe.batch))
    logits.forEach((z, i) => expect(found.before[i], `logit ${i}`).to.be.closeTo(z, 1e-4))
    expect(found.losses).to.have.length(20)
    expect(found.after).to.not.deep.equal(found.before)
  } finally {
    await browser.close()
    server.close()
  }
}

interface Found {
  readonly error?: string
  readonly engine: string
  readonly losses: readonly number[]
  readonly before: readonly number[]
  readonly after: readonly number[]
}
