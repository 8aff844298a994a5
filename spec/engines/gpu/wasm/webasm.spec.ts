/** The engine `gpu` in mode webasm: our own WebAssembly, its memory and its threads. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import {
  add,
  broadcastTo,
  type Engine,
  exp,
  flat,
  fromArray,
  full,
  gelu,
  gpuEngine,
  type GpuHandle,
  layerNorm,
  matmul,
  max,
  mul,
  permute,
  softmax,
  sum,
  type Tensor,
  trace,
  transpose,
} from '../../../../lib'
import { planOf } from '../../../../lib/engines/gpu/plan/plan'
import { arenaOf } from '../../../../lib/engines/gpu/wasm/runtime/arena'
import { barriers } from '../../../../lib/engines/gpu/wasm/runtime/barrier'
import { openMachine } from '../../../../lib/engines/gpu/wasm/runtime/machine'
import { runOn } from '../../../laws/gpu'
import { drawn, expectNear, expectSame } from '../../../laws/values'

const using = async <R>(threads: number, use: (engine: Engine<GpuHandle>) => Promise<R>): Promise<R> => {
  const engine = await gpuEngine({ mode: 'webasm', threads })
  try {
    return await use(engine)
  } finally {
    await engine.close()
  }
}
/** Much of everything: enough for threads to share, of sizes that do not come out even. */
const everything = (A: Tensor, B: Tensor, c: Tensor): readonly Tensor[] => {
  const y = gelu(add(matmul(A, B), c))
  const scores = softmax(matmul(y, transpose(y)))
  return [y, scores, layerNorm(y, c, c), sum(mul(y, y), [0]), max(scores, [1]), exp(permute(scores, [1, 0]))]
}
const operands = [drawn([331, 259]), drawn([259, 277], 2), drawn([277], 3)]

describe('The engine gpu, mode webasm, with WebAssembly of its own', () => {
  it('says on how many threads', async () => {
    for (const [threads, said] of [
      [1, 'one thread'],
      [3, '3 threads'],
    ] as const)
      await using(threads, async ({ description }) =>
        expect(description).to.equal(`gpu.js on webasm, our own SIMD on ${said}`),
      )
  })

  it('says how much its memory has room for, and without kernels of its own that the process holds all', async () => {
    await using(2, async ({ holds }) => expect(holds).to.deep.equal({ most: 2 ** 32 }))
    const plain = await gpuEngine({ mode: 'webasm', tuned: false })
    expect(plain.holds).to.equal('process')
    await plain.close()
  })

  it('gives the same bits on one, two and three threads, again and again', async () => {
    const expected = await using(1, engine => runOn(engine, everything as never, ...operands))
    everything(...(operands as [Tensor, Tensor, Tensor])).forEach((y, i) =>
      expectNear(flat(expected[i]!), flat(y), 1e-5, `output ${i}`),
    )
    for (const threads of [2, 3])
      await using(threads, async engine => {
        for (const turn of ['first', 'second']) {
          const found = await runOn(engine, everything as never, ...operands)
          found.forEach((y, i) => expectSame(y, expected[i]!, `output ${i} on ${threads} threads, ${turn} time`))
        }
      })
  })

  it('has the exponential of every number, to three units in the last place', async () => {
    const special = [0, -0, 1, 88.72, 88.73, 89, 1e30, Infinity, -87.3, -87.4, -103.9, -104, -1e30, -Infinity, NaN]
    const x = fromArray([...special, ...Array.from({ length: 20_000 }, (_, i) => (i - 10_000) / 97)], [20_015])
    const [y] = await using(1, engine => runOn(engine, exp, x))
    const [from, found] = [flat(x), flat(y!)]
    from.forEach((v, i) => {
      const expected = Math.fround(Math.exp(v))
      if (!Number.isFinite(expected)) return expect(found[i], `exp ${v}`).to.deep.equal(expected)
      const unit = Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(expected)) - 23))
      return expect(Math.abs(found[i]! - expected) / unit, `exp ${v}`).to.be.at.most(3)
    })
  })

  it('does without products and sums in one instruction, where there is none', async () => {
    const { graph } = trace(everything as never, ...operands)
    const plan = planOf(graph)
    const [fused, plain] = await Promise.all(
      [true, false].map(async one => {
        const machine = openMachine(2, one)
        const given = operands.map(x => machine.upload(flat(x) as Float32Array))
        const made = await (await machine.compile(plan))(new Map(given.map((x, i) => [i, x])))
        const found = plan.outputs.map(({ array }) => machine.download(made.get(array)!))
        await machine.close()
        return found
      }),
    )
    expect(fused, 'what is rounded once, and twice').to.not.deep.equal(plain)
    everything(...(operands as [Tensor, Tensor, Tensor])).forEach((y, i) => {
      expectNear(fused![i]!, flat(y), 1e-5, `output ${i} in one instruction`)
      expectNear(plain![i]!, flat(y), 1e-5, `output ${i} in two`)
    })
  })

  it('has barriers only where one thread needs what another did', () => {
    const xs = [drawn([4, 4]), drawn([4, 4], 2)] as const
    const f = (a: Tensor, b: Tensor) => {
      const y = matmul(a, b)
      return [y, matmul(b, a), exp(y)]
    }
    const plan = planOf(trace(f, ...xs).graph)
    const waits = (shared: boolean): readonly boolean[] => {
      const wait = barriers(plan, arenaOf(plan).offsets)
      return plan.steps.map(step => wait(step, shared))
    }
    expect(waits(true)).to.deep.equal([false, false, true])
    expect(waits(false), 'steps of the first thread alone').to.deep.equal([false, false, false])
  })

  it('keeps neither memory nor arrays over 2,000 steps', async function () {
    this.timeout(60_000)
    const machine = openMachine(2)
    const [w, g] = [drawn([128, 256]), drawn([128, 256], 2)]
    const step = (x: Tensor, y: Tensor) => {
      const s = softmax(mul(x, y))
      return [add(x, mul(s, full(0.01))), matmul(s, transpose(y)), sum(s, [0, 1])]
    }
    const plan = planOf(trace(step, w, g).graph)
    const execute = await machine.compile(plan)
    const given = machine.upload(flat(g) as Float32Array)
    let state = machine.upload(flat(w) as Float32Array)
    const train = async (steps: number): Promise<void> => {
      for (let i = 0; i < steps; i++) {
        const made = await execute(new Map([state, given].map((x, k) => [k, x])))
        const [next, ...others] = plan.outputs.map(o => made.get(o.array)!)
        for (const x of [state, ...others]) machine.discard(x)
        state = next!
      }
    }
    await train(100)
    const [used, held] = [machine.used(), process.memoryUsage().rss]
    await train(2000)
    expect(machine.used(), 'bytes of arrays').to.equal(used)
    // Were the outputs of each step kept, it would be 390 MB more.
    expect(process.memoryUsage().rss - held, 'bytes of the process').to.be.below(100e6)
    await machine.close()
  })

  it('goes on after an array that is too large, and after tensors that do not fit', async () => {
    const says = (f: () => Promise<unknown>): Promise<string> =>
      f().then(
        () => 'nothing',
        (e: Error) => `${e.name}: ${e.message}`,
      )
    await using(2, async engine => {
      const one = drawn([1, 1])
      expect(await says(() => runOn(engine, a => broadcastTo(a, [40_000, 40_000]), one))).to.match(
        /^UserError: engine gpu: 6104 MiB of memory are needed, but of 4096 MiB at most, \d are in use: a smaller batch, or another engine$/,
      )
      const execute = await engine.compile(trace(exp, one).graph)
      expect(await says(() => execute([engine.upload(drawn([2, 1]))]))).to.match(/^ShapeError: input 0 of the graph/)
      const [y] = await runOn(engine, everything as never, ...operands)
      expectNear(flat(y!), flat(everything(...(operands as [Tensor, Tensor, Tensor]))[0]!), 1e-5, 'afterwards')
    })
  })

  it('has new threads after some that failed', async () => {
    const machine = openMachine(2)
    const x = drawn([300, 300])
    const plan = planOf(trace(a => softmax(matmul(a, a)), x).graph)
    const execute = await machine.compile(plan)
    const given = machine.upload(flat(x) as Float32Array)
    const run = async (address: number): Promise<Float32Array> => {
      const made = await execute(new Map([[0, { ...given, address }]]))
      return machine.download(made.get(plan.outputs[0]!.array)!)
    }
    const before = await run(given.address)
    const failure = await run(2 ** 31).catch((e: Error) => e.message)
    expect(failure).to.match(/memory access out of bounds/)
    expect(await run(given.address)).to.deep.equal(before)
    await machine.close()
  })

  it('runs one graph after another when several are asked for at once, and closes after them', async () => {
    const engine = await gpuEngine({ mode: 'webasm', threads: 2 })
    const execute = await engine.compile(trace(everything as never, ...(operands as [never, never, never])).graph)
    const given = operands.map(engine.upload)
    const runs = [execute(given), execute(given), execute(given)]
    // What a run reads stays until it is done.
    engine.release(given)
    await engine.close()
    const [first, ...others] = await Promise.all(runs)
    const expected = await Promise.all(first!.map(engine.download))
    for (const made of others)
      for (const [i, handle] of made.entries()) expectSame(await engine.download(handle), expected[i]!, `output ${i}`)
    expectNear(flat(expected[0]!), flat(everything(...(operands as [Tensor, Tensor, Tensor]))[0]!), 1e-5, 'output 0')
    const after = await execute(given).then(
      () => 'nothing',
      (e: Error) => e.message,
    )
    expect(after).to.equal('engine gpu: the engine must be open, got one that was closed')
  })

  /** What a process says that runs an engine, and how it ends. */
  const inProcess = (before: string, after: string): string => {
    const code = `${before}
      const [{ gpuEngine }, { trace }, { matmul }, { full }] =
        ['engines', 'trace', 'primitives', 'tensor'].map(name => require('./lib/' + name))
      gpuEngine({ mode: 'webasm', threads: 2 }).then(async engine => {
        const x = full(1, [300, 300])
        const run = await engine.compile(trace(matmul, x, x).graph)
        const [y] = await run([engine.upload(x), engine.upload(x)])
        console.log(engine.description + ': ' + (await engine.download(y)).get(299, 299))
        ${after}
      })`
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['-r', 'ts-node/register/transpile-only', '-e', code],
      { encoding: 'utf8', timeout: 50_000 },
    )
    return `${stdout}${stderr}ends with ${status}`
  }

  it('lets its process end, closed or not', () => {
    for (const after of ['await engine.close()', ''])
      expect(inProcess('', after)).to.equal('gpu.js on webasm, our own SIMD on 2 threads: 300\nends with 0')
  }).timeout(120_000)

  it('does with one thread where memory cannot be shared', () => {
    expect(inProcess('delete globalThis.SharedArrayBuffer', '')).to.equal(
      'gpu.js on webasm, our own SIMD on one thread: 300\nends with 0',
    )
  }).timeout(60_000)
})
