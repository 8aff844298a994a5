import { expect } from 'chai'
import * as gpujs from 'gpu.js'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { full, max, type Tensor, trace } from '../../../lib'
import { openEngine } from '../../../lib/cli/flags/engine'
import { readMetrics } from '../../../lib/training/metrics'
import { softwareAdapter } from '../../laws/gpu'
import { itWhere } from '../../laws/skips'
import { cli, small, temporaryFolder } from '../command'

interface Makes {
  createShaderModule: (options: { readonly code: string }) => object
}

describe('cstransformer train --engine', () => {
  const runs = temporaryFolder()
  const train = (name: string, ...more: string[]) => cli(['train', '--runs', runs, '--name', name, ...small, ...more])
  const losses = (name: string): number[] =>
    readMetrics(join(runs, name, 'metrics.jsonl')).flatMap(line => ('loss' in line ? [line.loss] : []))

  it('trains on gpu.js in the mode that was named, as the reference does', async () => {
    expect((await train('reference', '--steps', '4')).code).to.equal(0)
    for (const mode of ['cpu', 'webasm']) {
      const { code, out, err } = await train(mode, '--steps', '4', '--engine', 'gpu', '--mode', mode)
      expect(code, err).to.equal(0)
      expect(out).to.include(`gpu.js on ${mode}, `)
      losses(mode).forEach((loss, i) => expect(loss).to.be.closeTo(losses('reference')[i]!, 1e-4))
      const config = JSON.parse(readFileSync(join(runs, mode, 'config.json'), 'utf8')) as object
      expect(config).to.include({ engine: 'gpu', mode })
    }
  })

  it('goes on with another engine than the one that began', async () => {
    const stopped = await cli(
      ['train', '--runs', runs, '--name', 'moved', ...small, '--steps', '4', '--engine', 'gpu', '--mode', 'webasm'],
      text => text.startsWith('step 1/') && process.emit('SIGINT', 'SIGINT'),
    )
    expect(stopped.code, stopped.err).to.equal(130)
    const { code, out, err } = await cli([
      'train',
      '--runs',
      runs,
      '--name',
      'moved',
      '--resume',
      '--engine',
      'ndarray',
    ])
    expect(code, err).to.equal(0)
    expect(out).to.include('ndarray, the reference')
    expect(losses('moved')).to.have.length(4)
    losses('moved').forEach((loss, i) => expect(loss).to.be.closeTo(losses('reference')[i]!, 1e-4))
  })

  itWhere(softwareAdapter())('keeps what was saved when a GPU is lost, says so in a line, and goes on', async () => {
    const { WebGPUContext } = gpujs as unknown as {
      readonly WebGPUContext: { readonly acquire: () => Promise<{ readonly device: { readonly destroy: () => void } }> }
    }
    const lose = async (): Promise<void> => (await WebGPUContext.acquire()).device.destroy()
    const flags = ['--name', 'lost', '--runs', runs]
    const { code, err } = await cli(
      ['train', ...flags, ...small, '--steps', '4', '--engine', 'gpu', '--mode', 'webgpu-software'],
      text => void (text.startsWith('step 2/') && lose()),
    )
    expect(code).to.equal(1)
    expect(err).to.match(
      /\ncstransformer: engine gpu: the device was lost: go on from the last checkpoint, here or with another engine\n$/,
    )
    const again = await cli(['train', '--resume', ...flags, '--engine', 'gpu', '--mode', 'webasm'])
    expect(again.code, again.err).to.equal(0)
    expect(losses('lost')).to.have.length(4)
    losses('lost').forEach((loss, i) => expect(loss).to.be.closeTo(losses('reference')[i]!, 1e-4))
  })

  for (const verbose of [false, true])
    itWhere(softwareAdapter())(
      `says in ${verbose ? "all its compiler's words" : 'a line'} that a GPU refuses the kernels of a graph`,
      async () => {
        const { WebGPUContext } = gpujs as unknown as {
          readonly WebGPUContext: { readonly acquire: () => Promise<{ readonly device: Makes }> }
        }
        const engine = await openEngine('gpu', 'webgpu-software', undefined, verbose)
        const { device } = await WebGPUContext.acquire()
        const { createShaderModule } = device
        // Ours have a table of places, and gpu.js's none.
        device.createShaderModule = ({ code }) =>
        createShaderModule.call(device, { code: code.includes('t: array<u32>') ? code.replace('let g = ', 'let g = 1.5 + ') : code }) // prettier-ignore
        const { write } = process.stderr
        let said = ''
        process.stderr.write = text => {
          said += String(text)
          return true
        }
        try {
          await engine.compile(trace((x: Tensor) => max(x, [1]), full(1, [3, 5])).graph)
        } finally {
          process.stderr.write = write
          device.createShaderModule = createShaderModule
          await engine.close()
        }
        const [line, ...others] = said.trimEnd().split('\n')
        expect(line).to.match(/^cstransformer: engine gpu: the driver must take our kernels, got '.*': gpu\.js runs this graph, one kernel at a time$/) // prettier-ignore
        if (verbose) expect(others.join()).to.match(/1\.5 \+ id\.x/)
        else expect(others).to.deep.equal([])
      },
    )

  it('auto says what it took in a few words, and knows why nothing before it', async () => {
    const engine = await openEngine('auto')
    expect(engine.description).to.match(/^gpu\.js on webgpu, [^;]*$|^ONNX Runtime on a thread per core$/)
    if (engine.name === 'onnx') expect(engine.passedOver.join()).to.match(/^not gpu: engine gpu: /)
    await engine.close()
  })
})
