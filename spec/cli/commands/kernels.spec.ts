import { expect } from 'chai'
import * as gpujs from 'gpu.js'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gpuEngine } from '../../../lib/engines'
import { webAssembly } from '../../../lib/engines/gpu/wasm/assembler/webassembly'
import { equations } from '../../../lib/paper'
import { softwareAdapter } from '../../laws/gpu'
import { itWhere } from '../../laws/skips'
import { cli, temporaryFolder } from '../command'

interface Compiles {
  readonly createShaderModule: (options: { readonly code: string }) => {
    readonly getCompilationInfo: () => Promise<{
      readonly messages: readonly { readonly type: string; readonly message: string }[]
    }>
  }
}
const { WebGPUContext } = gpujs as unknown as {
  readonly WebGPUContext: { readonly acquire: () => Promise<{ readonly device: Compiles }> }
}

describe('cstransformer kernels', () => {
  const folder = temporaryFolder()

  it('shows the kernels of an equation by its number, which gpu.js takes as they are', async () => {
    const { code, out } = await cli(['kernels', '--equation', '13', '--mode', 'cpu'])
    expect(code).to.equal(0)
    expect(out).to.match(/^\/\/ Cross-stage attention, App\. A\.1, Eq\. \(13\): \d+ kernels for gpu\.js, mode cpu\n/)
    expect(out).to.include('// input: array 4, [8, 12, 197, 197]').and.include('// output: array')
    // The statistics of 8·12·197 rows, then as many rows of 197 elements each.
    expect(out)
      .to.match(/^\/\/ softmax in .*, threads 18912$/m)
      .and.match(/^\/\/ softmax in .*, threads 197 × 18912$/m)
    const sources = out.match(/^function[^]*?^}/gm)!
    expect(out).to.include(`: ${sources.length} kernels`)
    const gpu = new gpujs.GPU({ mode: 'cpu' })
    for (const source of sources) {
      const given = source.slice(0, source.indexOf(')')).match(/a\d/g)!
      const kernel = gpu.createKernel(source, { output: [2, 2, 2] }) as unknown as (...xs: unknown[]) => unknown
      kernel(...given.map(() => new Float32Array(8)))
    }
    await gpu.destroy()
  })

  it('shows the steps of our own WebAssembly in mode webasm, and writes the module that does them', async () => {
    const file = join(folder, 'steps.wasm')
    const { code, out, err } = await cli(['kernels', '--equation', '13', '--mode', 'webasm', '--module', file])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    const module = readFileSync(file)
    expect(webAssembly.validate(module)).to.equal(true)
    const [, count, bytes] = /^\/\/ .*: (\d+) kernels of our own, mode webasm: a module of (\d+) bytes for /.exec(out)!
    expect(Number(bytes)).to.equal(module.length)
    const functions = [...out.matchAll(/^ {2}by {4}function (\d+), (\d+) bytes: (\d+) units, /gm)]
    expect(functions).to.have.length(Number(count))
    const sum = functions.reduce((all, [, , size]) => all + Number(size), 0)
    expect(sum).to.be.within(module.length / 4, module.length - 1)
    // The scores that cross, the denominator of the softmax, and Eq. (13)'s product.
    expect(out)
      .to.match(/^map to \[8, 12, 197, 197\]\n {2}each {2}a\d \+ a3\{0, 0, 0, 0\} \* a4$/m)
      .and.match(/^fold of \[8, 12, 197, 197\] over axis 3\n {2}x {5}exp\(.*\n {2}start 0\.0\n {2}step {2}s \+ x$/m)
      .and.match(
        /^product over the last axis of \[8, 12, 197, 64, 197\]\n {2}each .*\n {2}tile {2}\d rows × 4 vectors/m,
      )
  })

  it('writes the module of mode webasm alone', async () => {
    const file = join(folder, 'none.wasm')
    const { code, err } = await cli(['kernels', '--equation', '13', '--mode', 'cpu', '--module', file])
    expect({ code, err }).to.deep.equal({
      code: 1,
      err: "cstransformer: --module is one of --mode webasm, but --mode is 'cpu'\n",
    })
    expect(existsSync(file)).to.equal(false)
  })

  it('takes every equation by its name', async () => {
    for (const name of Object.keys(equations))
      for (const mode of ['webgpu', 'webasm']) {
        const { code, out } = await cli(['kernels', '--equation', name, '--mode', mode])
        expect(code, name).to.equal(0)
        expect(out, name).to.include('// output: array')
      }
  })

  for (const tiling of ['workgroups', 'registers'])
    itWhere(softwareAdapter())(
      `shows the WGSL of mode webgpu, which an adapter takes, tiles in ${tiling}`,
      async () => {
        const { code, out } = await cli(['kernels', '--equation', '13', '--mode', 'webgpu', '--tiling', tiling])
        expect(code).to.equal(0)
        expect(out).to.include(
          `kernels of our own, mode webgpu: as many dispatches in one submission, tiles in ${tiling}\n`,
        )
        const parts = out.split(/^\/\/ .*: array [\d, ]+ from .*$/m).slice(1)
        expect(out).to.include(`: ${parts.length} kernels`)
        const product =
          parts[[...out.matchAll(/^\/\/ (.*): array [\d, ]+ from .*$/gm)].findIndex(m => m[1]!.startsWith('matmul'))]!
        expect(product).to.include('vec4f')
        // Eq. (13)'s scores cross where they are made, and its softmax is one kernel.
        expect(out).to.match(
          /^\/\/ matmul in .* \+ .*: array .*, workgroups \d+, \d+\.\d\d MB read, \d+\.\d\d MB written$/m,
        )
        expect(out).to.match(/^\/\/ softmax in [^;]*( \+ softmax in [^;]*){2,}: array /m)
        expect(product.includes('var<workgroup>')).to.equal(tiling === 'workgroups')
        const engine = await gpuEngine({ mode: 'webgpu', software: true })
        const { device } = await WebGPUContext.acquire()
        for (const part of parts) {
          const source = part.replace(/^\/\/ output: .*$/gm, '')
          const { messages } = await device.createShaderModule({ code: source }).getCompilationInfo()
          expect(messages.filter(m => m.type === 'error').map(m => m.message)).to.deep.equal([])
        }
        await engine.close()
      },
    )

  it('says which equations there are', async () => {
    const { code, err } = await cli(['kernels', '--equation', '15'])
    expect(code).to.equal(1)
    expect(err).to.match(
      /^cstransformer: --equation must be a number of the paper's or .*crossAttention.*, got '15'\n$/,
    )
  })
})
