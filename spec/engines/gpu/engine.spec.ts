/** The engine `gpu`, beyond the laws that every engine obeys. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import {
  add,
  concatAll,
  type Engine,
  exp,
  flat,
  fromArray,
  full,
  gpuEngine,
  type GpuHandle,
  type GpuMode,
  layerNorm,
  leaves,
  matmul,
  max,
  mul,
  permute,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  trace,
  transpose,
  UserError,
} from '../../../lib'
import { gpuJsListing } from '../../../lib/engines'
import { over } from '../../../lib/tensor'
import { sgd, trainingStep } from '../../../lib/training'
import { goldenNetwork } from '../../golden'
import { liveBytes, noHeadlessGL, softwareAdapter, runOn } from '../../laws/gpu'
import { describeWhere } from '../../laws/skips'
import { drawn, expectClose, expectNear, expectSame } from '../../laws/values'

const modes: readonly (readonly [GpuMode, skip: string | undefined])[] = [
  ['cpu', undefined],
  ['webasm', undefined],
  ['webgpu', softwareAdapter()],
  ['headlessgl', noHeadlessGL()],
]

for (const [mode, skip] of modes)
  describeWhere(skip)(`gpu.js, mode ${mode}`, () => {
    let engine: Engine<GpuHandle>
    before(async () => (engine = await gpuEngine({ mode, software: true })))
    after(() => engine.close())

    const run = (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]) => runOn(engine, f, ...xs)
    const agrees = async (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Promise<void> => {
      const [y] = await run(f, ...xs)
      expect(y!.shape).to.deep.equal(f(...xs).shape)
      expectNear(flat(y!), flat(f(...xs)), 1e-5, mode)
    }

    it('says what it is, and runs float32 alone', async () => {
      expect(engine.name).to.equal('gpu')
      expect(engine.description).to.match(new RegExp(`^gpu\\.js on ${mode}, `))
      expect(engine.dtypes).to.deep.equal(['float32'])
      expect(() => engine.upload(fromArray([1], [1], 'float64'))).to.throw('a tensor must be of float32, got float64')
    })

    it('has the softmax of rows of 1 to 100,000 scores', async () => {
      for (const n of [1, 2, 3, 5, 64, 197, 1000, 1024, 4099, 100_000]) {
        const [y] = await run(softmax, drawn([3, n], n))
        const expected = flat(softmax(drawn([3, n], n)))
        const worst = [...flat(y!)].reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i]!) / expected[i]!), 0)
        expect(worst, `the largest relative error in rows of ${n}`).to.be.below(1e-5)
      }
    })

    it('has the softmax of scores that are large, far apart and infinite', async () => {
      const rows = [
        [1e30, 1e30, -1e30, 0],
        [88, 89, 90, 91],
        [-1e38, -1e38, -1e38, -1e38],
        [0, -Infinity, 1, -Infinity],
        [1000, -1000, 999, -Infinity],
        [3e38, -3e38, 3e38, 0],
      ]
      const x = fromArray(rows.flat(), [rows.length, 4])
      const [y] = await run(softmax, x)
      expectNear(flat(y!), flat(softmax(x)), 1e-6, mode)
      const [none] = await run(softmax, fromArray([-Infinity, -Infinity, Infinity, 0], [2, 2]))
      expect([...flat(none!).subarray(0, 2)], 'nowhere to look').to.deep.equal([NaN, NaN])
      expect(flat(none!)[2], 'an infinite score').to.be.NaN
    })

    it('finds the largest of negative numbers, of infinities, and of few and many', async () => {
      await agrees(x => max(x, [1]), fromArray([-3, -1, -2, -Infinity, -Infinity, -Infinity, 1, Infinity, 2], [3, 3]))
      await agrees(x => max(x, [0, 1]), drawn([97, 64]))
      await agrees(x => max(x, [0]), drawn([5003, 1]))
      for (const shape of [[4099], [2 * 4099]]) await agrees(x => sum(mul(x, x), [0]), drawn(shape))
      await agrees(x => sum(x, [0, 1, 2]), drawn([3, 2003, 2]))
      await agrees(x => sum(permute(x, [1, 0, 2]), [0, 2]), drawn([3, 2003, 5]))
      await agrees(x => max(x, [1]), drawn([5, 10_007]))
      // Means of as many are made in two stages, and divided by their number in the second alone.
      const norm = layerNorm as unknown as (...xs: Tensor[]) => Tensor
      await agrees(norm, drawn([2, 5003]), drawn([5003], 2), drawn([5003], 3)) // prettier-ignore
    })

    it('reads any number of tensors, in any number of dimensions, in any order', async () => {
      const many = Array.from({ length: 12 }, (_, i) => drawn([2, 3], i))
      await agrees((...xs) => xs.reduce((a, b) => add(a, exp(b))), ...many)
      await agrees((...xs) => concatAll(1, xs), ...many)
      await agrees(
        (...xs) =>
          concatAll(
            0,
            xs.map(x => mul(x, x)),
          ),
        ...many,
      )
      await agrees(x => permute(exp(x), [5, 3, 1, 0, 2, 4]), drawn([2, 3, 2, 5, 2, 3]))
      await agrees(x => slice(x, 0, 2, 3), drawn([3]))
      await agrees((x, y) => matmul(slice(x, 0, 2, 5), slice(y, 1, 1, 4)), drawn([7, 6]), drawn([6, 5], 2))
      await agrees(x => reshape(permute(exp(x), [4, 2, 0, 1, 3]), [7, 30]), drawn([3, 2, 7, 1, 5]))
      await agrees(x => sum(permute(x, [2, 0, 3, 1]), [1, 3]), drawn([3, 2, 7, 5]))
      await agrees((x, y) => mul(x, y), drawn([70_001, 3]), drawn([70_001, 1], 2))
      await agrees((x, y) => mul(permute(x, [2, 1, 0]), y), drawn([2, 3, 66_000]), drawn([66_000, 3, 1], 2))
    })

    it('gives outputs that are inputs, constants, parts and repeats of one another, each with a life of its own', async () => {
      const x = drawn([2, 3])
      const constant = fromArray([1, 2, 3], [3])
      const f = (a: Tensor) => [
        a,
        a,
        constant,
        full(2, [2]),
        reshape(a, [3, 2]),
        slice(a, 0, 0, 1),
        slice(a, 0, 1, 2),
        add(a, a),
        add(a, a),
      ]
      const execute = await engine.compile(trace(f, x).graph)
      const given = engine.upload(x)
      for (let i = 0; i < 2; i++) {
        const made = await execute([given])
        const [first, ...rest] = made
        engine.release([first!, first!])
        const expected = f(x).slice(1)
        for (const [k, handle] of rest.entries()) {
          const y = await engine.download(handle)
          expectSame(y, over(flat(expected[k]!), expected[k]!.shape), `output ${k + 1}`)
          expect(y.data, 'its elements and nothing else').to.have.lengthOf(y.size)
        }
        engine.release(rest)
      }
      expectSame(await engine.download(given), x, 'the input afterwards')
      engine.release([given])
    })

    it('gives the same bits again, and what it keeps does not grow over 500 steps', async function () {
      this.timeout(120_000)
      const step = (w: Tensor, g: Tensor) => {
        const y = softmax(mul(w, g))
        return { w: add(w, mul(y, full(0.01))), loss: sum(y, [0, 1]) }
      }
      const [w, g] = [drawn([16, 33]), drawn([16, 33], 2)]
      const execute = await engine.compile(trace(step, w, g).graph)
      const given = engine.upload(g)
      const train = async (steps: number): Promise<Tensor> => {
        let state = engine.upload(w)
        for (let i = 0; i < steps; i++) {
          const [next, loss] = await execute([state, given])
          engine.release([state, loss!])
          state = next!
        }
        const result = await engine.download(state)
        engine.release([state])
        return result
      }
      const onDevice = liveBytes()
      const alive = (): number => onDevice() + (engine.allocated?.() ?? 0)
      const first = await train(3)
      expectSame(await train(3), first, 'once more')
      const before = alive()
      await train(500)
      expect(alive(), 'bytes that are kept').to.be.at.most(before)
      engine.release([given])
    })

    it('runs a training step of a golden case twice to the same bits', async () => {
      const { config, train, X, labels, parameters } = goldenNetwork('default', 'float32')
      const optimizer = sgd(train)
      const args = [{ parameters, optimizer: optimizer.start(parameters) }, { X, labels }, full(0.1, [])] as const
      const execute = await engine.compile(trace(trainingStep(config, optimizer), ...args).graph)
      const given = leaves(args).map(engine.upload)
      const [once, again] = [await execute(given), await execute(given)]
      for (const [i, handle] of once.entries())
        expectSame(await engine.download(again[i]!), await engine.download(handle), `output ${i}`)
      engine.release([...given, ...once, ...again])
    })
  })

describe('Matrix products of our own in gpu.js, mode webasm', () => {
  const products = async (
    tuned: boolean,
    xs: readonly Tensor[],
    f: (...xs: Tensor[]) => unknown,
  ): Promise<readonly Tensor[]> => {
    const engine = await gpuEngine({ mode: 'webasm', tuned })
    try {
      const execute = await engine.compile(trace(f, ...xs).graph)
      return await Promise.all((await execute(xs.map(engine.upload))).map(engine.download))
    } finally {
      await engine.close()
    }
  }
  const all = (A: Tensor, B: Tensor) => [
    matmul(A, B),
    matmul(transpose(B), transpose(A)),
    matmul(transpose(A), A),
    matmul(A, transpose(A)),
  ]

  /** Whole numbers, whose sums are exact: one rounding after a product and a sum, or one after each, is the same. */
  const whole = (shape: readonly number[], seed: number): Tensor =>
    over(Float32Array.from(flat(drawn(shape, seed)), Math.round), shape)
  /** To the bit where nothing is rounded, else to what a rounding is. */
  const expectTheSame = async (
    [a, b]: readonly [readonly number[], readonly number[]],
    f: (A: Tensor, B: Tensor) => unknown,
  ): Promise<void> => {
    for (const [draw, tolerance] of [
      [whole, 0],
      [drawn, 1e-6],
    ] as const) {
      const xs = [draw(a, 1), draw(b, 2)]
      const [plain, ours] = [await products(false, xs, f), await products(true, xs, f)]
      plain.forEach((y, i) =>
        expectClose(ours[i]!, y, tolerance, `product ${i} of [${a.join(', ')}] and [${b.join(', ')}]`),
      )
    }
  }

  it('are the plain kernels’, for all layouts, batches and sizes', async () => {
    for (const [a, b] of [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [5, 3],
        [3, 1],
      ],
      [
        [1, 7],
        [7, 9],
      ],
      [
        [13, 17],
        [17, 31],
      ],
      [
        [3, 5, 7],
        [7, 11],
      ],
      [
        [2, 3, 6, 5],
        [3, 5, 13],
      ],
      [
        [4, 1, 5],
        [4, 5, 8],
      ],
    ] as const)
      await expectTheSame([a, b], all)
  })

  it('are the same on several threads, which share one pool of workers', async () => {
    await expectTheSame(
      [
        [517, 331],
        [331, 259],
      ],
      (A, B) => [matmul(A, B), matmul(transpose(B), transpose(A)), matmul(A, full(1, [331, 300]))],
    )
  })

  it('can be turned off, which the engine says', async () => {
    const engine = await gpuEngine({ mode: 'webasm', tuned: false })
    expect(engine.description).to.equal('gpu.js on webasm, one thread')
    await engine.close()
  })
})

describe('Kernels for gpu.js', () => {
  const counts = (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): number =>
    gpuJsListing(trace(f, ...xs).graph).kernels.length

  it('are one for a chain of elementwise operations and views', () => {
    const x = drawn([4, 6])
    expect(counts(a => exp(add(mul(permute(a, [1, 0]), full(2)), full(1))), x)).to.equal(1)
    expect(
      counts(a => reshape(a, [24]), x),
      'a view alone',
    ).to.equal(0)
    expect(
      counts(a => sum(exp(a), [0]), x),
      'into a sum',
    ).to.equal(1)
  })

  it('are three for a softmax: two statistics of rows, and what is made of them', () => {
    const { kernels } = gpuJsListing(trace(softmax, drawn([5, 7])).graph)
    expect(kernels.map(k => k.threads)).to.deep.equal([[5], [5], [7, 5]])
    for (const { source } of kernels.slice(2)) expect(source).not.to.include('for (')
  })

  it('share long folds among threads, of prime length, too', () => {
    for (const f of [(x: Tensor) => sum(x, [0]), (x: Tensor) => max(x, [0]), (x: Tensor) => sum(exp(x), [0])]) {
      const { kernels } = gpuJsListing(trace(f, drawn([10_007])).graph)
      for (const { source } of kernels)
        for (const [, n] of source.matchAll(/ < (\d+); i/g)) expect(Number(n), source).to.be.at.most(400)
    }
  })

  it('read no more than seven arrays each', () => {
    const xs = Array.from({ length: 20 }, (_, i) => drawn([3], i))
    const { kernels } = gpuJsListing(trace((...ys: Tensor[]) => ys.reduce((a, b) => mul(a, b)), ...xs).graph)
    for (const { reads } of kernels) expect(reads.length).to.be.at.most(7)
  })
})

describe('The engine gpu where something is missing', () => {
  /** What opening a mode says in a process of its own, in which packages and an X server are not to be had. */
  const says = (mode: string, missing: readonly string[]): string => {
    const hook = `export const resolve = (name, context, next) => {
      if (${JSON.stringify(missing)}.includes(name)) throw new Error('Cannot find ' + name)
      return next(name, context)
    }`
    const url = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`
    const hide = url(`import { register } from 'node:module'; register(${JSON.stringify(url(hook))})`)
    const code = `require('./lib/engines').gpuEngine({ mode: '${mode}' })
      .then(() => console.log('runs'), e => console.log(e.name + ': ' + e.message))`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', hide, '-r', 'ts-node/register/transpile-only', '-e', code],
      { encoding: 'utf8', env: { ...process.env, DISPLAY: '' } },
    )
    expect(stderr).to.equal('')
    return stdout.trim()
  }

  it('says which package to install', () =>
    expect(says('cpu', ['gpu.js'])).to.equal(
      'UserError: engine gpu needs the package gpu.js, but it cannot be loaded (Cannot find gpu.js): npm install gpu.js',
    ))

  it('says what mode headlessgl needs', () =>
    expect(says('headlessgl', [])).to.match(
      /^UserError: engine gpu: mode headlessgl needs the package gl and an X server/,
    ))

  it('says that there is no adapter, or that it is software', () =>
    expect(says('webgpu', [])).to.match(
      /^(runs|UserError: engine gpu: (mode webgpu needs a WebGPU adapter, but none answers|the adapter must be hardware, got .*\(software\)): install a driver with Vulkan, or use mode webasm)$/,
    ))

  it('says which modes there are', async () => {
    const error = await gpuEngine({ mode: 'cuda' as GpuMode }).catch((e: unknown) => e)
    expect(error).to.be.instanceOf(UserError)
    expect((error as Error).message).to.equal(
      "engine gpu: the mode must be one of webgpu, headlessgl, webasm, cpu, got 'cuda'",
    )
  })
})
