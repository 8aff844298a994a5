import { expect } from 'chai'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkPeers } from '../../../lib/cli/bench/peers'
import type { RunFigures } from '../../../lib/engines'
import { UserError } from '../../../lib/tensor'
import { softwareAdapter } from '../../laws/gpu'
import { itWhere } from '../../laws/skips'
import { cli, root, spawned, temporaryFolder } from '../command'

describe('cstransformer bench', () => {
  const folder = temporaryFolder()

  it('times both ways to compute a network, which find the same losses, and writes its figures', async () => {
    const file = join(folder, 'figures.json')
    const sizes = '--variant digits --dim 4 --batch 2 --rounds 2 --runs 2'.split(' ')
    const { code, out, err } = await cli(['bench', ...sizes, '--json', file])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    for (const what of ['forward', 'step'])
      expect(out).to.match(new RegExp(`\\n +${what} +median ms +least ms +faster than .*\\n +ours on onnx +[\\d.]+ `))
    const { command, results } = JSON.parse(readFileSync(file, 'utf8')) as {
      command: string
      results: { name: string; step: { ms: number[]; losses: number[] } }[]
    }
    expect(command).to.equal(`cstransformer bench ${sizes.join(' ')} --json ${file}`)
    expect(results.map(r => r.name)).to.deep.equal(['ours on onnx', 'ours on onnx, dead work left out'])
    const [full, less] = results.map(r => r.step)
    expect(full!.ms).to.have.length(4)
    expect(full!.losses).to.have.length(3)
    expect(full!.losses[2]).to.be.below(full!.losses[0]!)
    full!.losses.forEach((loss, i) => expect(less!.losses[i]).to.be.closeTo(loss, 1e-5))
  })

  itWhere(softwareAdapter())('says what a run on mode webgpu is made of', async () => {
    const file = join(folder, 'dispatches.json')
    const flags = '--what forward --dead-work leave-out --engine gpu --mode webgpu-software --rounds 1 --runs 1'.split(
      ' ',
    )
    const { code, out, err } = await cli([
      'bench', '--variant', 'digits', '--dim', '4', '--batch', '1', ...flags, '--json', file,
    ]) // prettier-ignore
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(/: \d+ dispatches in 1 submission, [\d.]+ MiB read, [\d.]+ MiB written, an arena of [\d.]+ MiB, [\d.]+ ms on the host, the least of all runs\n?$/) // prettier-ignore
    const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: { forward: { gpu: RunFigures } }[] }
    const { dispatches, submissions, arenaBytes, aliveBytes, bytesRead, bytesWritten, hostMs } = results[0]!.forward.gpu
    expect(dispatches).to.be.within(10, 80)
    expect(submissions).to.equal(1)
    expect(arenaBytes).to.be.within(aliveBytes, 1.2 * aliveBytes)
    expect(bytesWritten).to.be.within(1, bytesRead)
    expect(hostMs).to.be.above(0)
  })

  it('times what is asked for, on more than one engine', async () => {
    const file = join(folder, 'engines.json')
    const flags = '--what forward --dead-work leave-out --engine ndarray,onnx --rounds 1 --runs 1'.split(' ')
    const { code, out, err } = await cli([
      'bench', '--variant', 'digits', '--dim', '4', '--batch', '1', ...flags, '--json', file,
    ]) // prettier-ignore
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(
      /onnx, dead work left out: forward: traced in [\d.]+ s, emitted in [\d.]+ s, session in [\d.]+ s\n/,
    )
    expect(out).to.not.match(/step/)
    const { results } = JSON.parse(readFileSync(file, 'utf8')) as {
      results: { name: string; peakMiB: number; forward: { losses: number[] }; step: { ms: number[] } }[]
    }
    expect(results.map(r => r.name)).to.deep.equal(['ndarray', 'onnx'].map(e => `ours on ${e}, dead work left out`))
    results.forEach(r => expect(r.peakMiB).to.be.above(10))
    expect(results[0]!.forward.losses[0]).to.be.closeTo(results[1]!.forward.losses[0]!, 1e-5)
    expect(results[0]!.step.ms).to.deep.equal([])
  })

  it('times joint attention without scores beside attention with them, which find the same loss, in less memory', async () => {
    const file = join(folder, 'joint.json')
    const sizes = '--variant digits --dim 16 --heads 2 --stb 2 --height 48 --width 48 --engine gpu --mode webasm'.split(
      ' ',
    )
    const { code, out, err } = await cli(['bench', '--joint', '2,4', ...sizes, '--rounds', '2', '--json', file])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(
      /\n +step, 4 frames: 289 tokens +values, counted +the engine's memory +median ms +least ms +loss\n +plain /,
    )
    const { results } = JSON.parse(readFileSync(file, 'utf8')) as {
      results: {
        attention: string
        what: string
        tokens: number
        bytes: number
        taken: number
        ms: number[]
        loss: number
      }[]
    }
    expect(results.map(r => `${r.what} ${r.tokens} ${r.attention}`)).to.deep.equal(
      [145, 289].flatMap(n =>
        ['forward', 'step'].flatMap(what => ['plain', 'fused'].map(how => `${what} ${n} ${how}`)),
      ),
    )
    for (const [i, plain] of results.entries()) {
      const fused = results[i + 1]!
      if (i % 2 === 1) continue
      expect(fused.loss).to.be.closeTo(plain.loss, 1e-5)
      expect(fused.bytes).to.be.below(plain.bytes / 2)
      expect(fused.taken).to.be.below(plain.taken)
      expect(fused.ms).to.have.length(2)
    }
    // Linear in the tokens where the other one is quadratic: of a forward pass, in which no parameter has a gradient.
    const bytes = (what: string, tokens: number): number => results.find(r => `${r.what} ${r.tokens} ${r.attention}` === `${what} ${tokens} fused`)!.bytes // prettier-ignore
    expect(bytes('forward', 289) / bytes('forward', 145)).to.be.closeTo(2, 0.1)
  })

  it('--joint: says what it may be', async () => {
    const { code, err } = await cli(['bench', '--joint', '2,3'])
    expect({ code, err }).to.deep.equal({
      code: 1,
      err: "cstransformer: --joint must be even numbers of frames, got '2,3'\n",
    })
  })

  it('times matrix products, beside gpu.js’s own kernels', async () => {
    const file = join(folder, 'products.json')
    const { code, out, err } = await cli(
      `bench --engine gpu --mode webasm --products --rounds 1 --json ${file}`.split(' '),
    )
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    for (const size of [256, 512, 1024, 2048])
      expect(out).to.match(new RegExp(`\\n +${size}³ +gpu\\.js on webasm, our own SIMD on .* +[\\d.]+ +[\\d.]+(\\n|$)`))
    const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: { name: string; size: number }[] }
    expect(results.filter(r => r.name === 'gpu.js on webasm, one thread').map(r => r.size)).to.deep.equal([256, 512])
  })

  /** The smallest of networks, timed once. */
  const tiny = '--variant digits --dim 4 --batch 2 --rounds 1 --runs 1'.split(' ')

  for (const [flag, name, needs] of [
    ['tfjs', 'TensorFlow.js', '@tensorflow/tfjs-backend-wasm'],
    ['jaxjs', 'jax-js', '@jax-js/jax'],
  ] as const) {
    it(`--${flag} says what to install, before anything is measured`, () =>
      expect(() => checkPeers({ [flag]: true }, folder)).to.throw(
        UserError,
        new RegExp(`^--${flag} needs the package ${needs}, which is not installed: npm ci --prefix spec/bench/peers$`),
      ))

    const there = existsSync(join(root, 'spec/bench/peers/node_modules', needs))
    const test = there ? it : it.skip
    test(`--${flag} finds our losses${there ? '' : ' (skipped: npm ci --prefix spec/bench/peers was not run)'}`, async () => {
      const file = join(folder, `${flag}.json`)
      const { code, err } = await cli(['bench', ...tiny, `--${flag}`, '--json', file])
      expect({ code, err }).to.deep.equal({ code: 0, err: '' })
      const { results } = JSON.parse(readFileSync(file, 'utf8')) as {
        results: { name: string; forward: { losses: number[] }; step: { losses: number[] } }[]
      }
      expect(results).to.have.length(3)
      const [mine, theirs] = [results[0]!, results[2]!]
      expect(theirs.name).to.match(new RegExp(`^${name} \\d.*, wasm$`))
      for (const what of ['forward', 'step'] as const)
        theirs[what].losses.forEach((loss, i) => expect(loss).to.be.closeTo(mine[what].losses[i]!, 1e-5))
    })
  }

  it('says that peers are in a clone of the repository alone', () =>
    expect(() => checkPeers({ python: 'python3' }, join(folder, 'nowhere'))).to.throw(
      UserError,
      /^--python needs a clone of the repository: the package does not hold spec\/bench$/,
    ))

  it('exports from PyTorch with a Python alone', async () => {
    const { code, err } = await cli(['bench', ...tiny, '--pytorch-export'])
    expect({ code, err }).to.deep.equal({
      code: 1,
      err: 'cstransformer: --pytorch-export needs --python, the Python with PyTorch that exports\n',
    })
  })

  it('says which BLAS PyTorch has, and calls one that is not tuned no comparison', async () => {
    const python = join(folder, 'python-with')
    const with_ = (blas: object): void => {
      const answer = JSON.stringify({ name: 'PyTorch 9', blas })
      const runs = JSON.stringify({ ms: [1], losses: [2, 2, 2], peakMiB: 3 })
      writeFileSync(python, `#!/bin/sh\necho '${answer}'\nwhile read line; do echo '${runs}'; done\n`)
      chmodSync(python, 0o755)
    }
    with_({ name: '/usr/lib/libblas.so.3', tuned: false })
    const file = join(folder, 'blas.json')
    expect(await cli(['bench', ...tiny, '--python', python, '--json', file])).to.deep.include({
      code: 1,
      err: 'cstransformer: --python: a comparison needs a BLAS that is tuned for this processor, got PyTorch 9 with /usr/lib/libblas.so.3: on Debian, apt-get install libopenblas0-openmp\n',
    })
    expect(existsSync(file)).to.equal(false)
    with_({ name: 'OpenBLAS 1', tuned: true })
    const { code, out, err } = await cli(['bench', ...tiny, '--python', python, '--json', file])
    expect(code, err).to.equal(0)
    expect(out).to.include('\nPyTorch 9: OpenBLAS 1\n').and.to.include('faster than PyTorch 9')
    const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: { name: string; blas?: string }[] }
    expect(results.map(r => r.blas)).to.deep.equal([undefined, undefined, 'OpenBLAS 1'])
  })

  it('says what a peer printed that could not be started', async () => {
    const { code, err } = await cli(['bench', ...tiny, '--python', '/nowhere'])
    expect(code).to.equal(1)
    expect(err).to.match(/^cstransformer: \/nowhere spec\/bench\/pytorch\.py: .*ENOENT\n$/)
  })

  it('leaves nothing behind where Ctrl-C comes while a peer starts', async function () {
    if (process.platform === 'win32') return this.skip()
    const [temporary, python] = [join(folder, 'temporary'), join(folder, 'python')]
    mkdirSync(temporary)
    // It presses Ctrl-C, and then waits for what will not be asked.
    writeFileSync(python, '#!/bin/sh\nls "$TMPDIR"/cstransformer-bench-* > "$0.found"\nkill -INT $PPID\nexec cat\n')
    chmodSync(python, 0o755)
    const { code, err } = await spawned(
      ['bench', ...tiny, '--python', python],
      undefined,
      `export TMPDIR='${temporary}'`,
    )
    expect({ code, err }).to.deep.equal({ code: 130, err: '' })
    expect(readFileSync(`${python}.found`, 'utf8')).to.equal('batch.safetensors\nparameters.safetensors\n')
    expect(readdirSync(temporary).filter(name => name.startsWith('cstransformer'))).to.deep.equal([])
  })

  it('says that figures cannot be written before it measures any', async () => {
    const file = join(folder, 'nowhere', 'figures.json')
    for (const what of [tiny, ['--products', '--engine', 'onnx']])
      expect(await cli(['bench', ...what, '--json', file])).to.deep.include({
        code: 1,
        err: `cstransformer: ${file}: cannot be written: no such file or directory (ENOENT)\n`,
      })
  })

  it('says the error that a peer ended with', async () => {
    const { code, err } = await cli(['bench', ...tiny, '--python', process.execPath])
    expect(code).to.equal(1)
    expect(err).to.match(/^cstransformer: \S*node spec\/bench\/pytorch\.py: SyntaxError: .*\n$/)
  })
})
