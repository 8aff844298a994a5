/** The benchmark beside other libraries on WebGPU: each of them finds our losses, in a browser. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { noChromium } from '../../chromium'
import { root, temporaryFolder } from '../../cli/command'
import { itWhere } from '../../laws/skips'

const run = (...flags: string[]) =>
  spawnSync(process.execPath, ['-r', 'ts-node/register/transpile-only', join(__dirname, 'main.ts'), ...flags], { cwd: root, encoding: 'utf8' }) // prettier-ignore

const installed = existsSync(join(root, 'spec/bench/peers/node_modules/@jax-js'))
const missing = noChromium ?? (installed ? undefined : 'npm ci --prefix spec/bench/peers was not run')

describe('Other libraries on WebGPU', function () {
  this.timeout(600_000)
  const folder = temporaryFolder()

  itWhere(missing)('find our losses in Chromium', () => {
    const file = join(folder, 'figures.json')
    const flags = '--variant digits --batch 1 --rounds 1 --places chromium'.split(' ')
    const { status, stderr } = run(...flags, '--json', file)
    expect(status, stderr).to.equal(0)
    interface Found {
      readonly name: string
      readonly failed?: string
      readonly step: { readonly losses: readonly number[] }
      readonly forward: { readonly ms: readonly number[]; readonly losses: readonly number[] }
    }
    const { results, adapter } = JSON.parse(readFileSync(file, 'utf8')) as { results: Found[]; adapter: string }
    expect(adapter).to.match(/^SwiftShader, which computes on the processor/)
    expect(results.map(r => r.failed)).to.deep.equal(results.map(() => undefined))
    expect(results.map(r => r.name.split(' ')[0]!.replace(',', ''))).to.deep.equal(['ours', 'ours', 'jax-js', 'ONNX', 'ONNX', 'TensorFlow.js']) // prettier-ignore
    const [ours] = results
    for (const { name, forward, step } of results) {
      expect(forward.ms).to.have.length(1)
      forward.losses.forEach((l, i) => expect(l, name).to.be.closeTo(ours!.forward.losses[i]!, 1e-5))
      expect(step.losses).to.have.length(name.startsWith('ONNX') ? 0 : 3)
      step.losses.forEach((l, i) => expect(l, name).to.be.closeTo(ours!.step.losses[i]!, 1e-5))
    }
  })

  it('are of those that there are', () => {
    const { status, stderr } = run('--peers', 'tfjs,theano')
    expect({ status, stderr }).to.deep.equal({
      status: 1,
      stderr: "webgpu-peers: --peers must be of jaxjs, onnxruntime, tfjs, got 'theano'\n",
    })
  })
})
