/** The two kernels that attention is made of, each alone: timed, and checked against the reference.
 *
 *      npx ts-node -T examples/gpu/matmul-and-softmax.ts [--mode webgpu] [--size 512] [--times 10]
 *
 *  A product of two matrices [n, n] is 2·n³ operations; a softmax of n rows of n scores reads and writes n² numbers. */
import { flat, type GpuHandle, matmul, randomStream, softmax, type Tensor, trace, truncatedNormal } from '../../lib'
import { flags, main, openEngine } from './open'

main(async () => {
  const { mode, software, size: n, times } = flags({ size: 512, times: 10 })
  const engine = await openEngine(mode, software)
  console.log(`Device: ${engine.description}`)

  const drawn = (name: string): Tensor => truncatedNormal(randomStream(1, name), [n, n], 1, 'float32')
  const time = async (f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[], unit: string, work: number) => {
    const execute = await engine.compile(trace(f, ...xs).graph)
    const given = xs.map(engine.upload)
    // Kernels are queued: what was asked for first is done when what was asked for last can be read.
    const run = async (count: number): Promise<Tensor> => {
      let last: GpuHandle | undefined
      for (let i = 0; i < count; i++) {
        if (last) engine.release([last])
        ;[last] = await execute(given)
      }
      const result = await engine.download(last!)
      engine.release([last!])
      return result
    }
    const result = flat(await run(1))
    const begun = performance.now()
    await run(times)
    const seconds = (performance.now() - begun) / 1000 / times
    engine.release(given)

    const expected = Array.from(flat(f(...xs)))
    const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - result[i]!)), 0)
    const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
    const fits = worst <= 1e-5 * largest ? 'agrees with the reference' : 'DIFFERS from the reference'
    const speed = `${(1000 * seconds).toFixed(2)} ms, ${(work / seconds / 1e9).toFixed(2)} ${unit}`
    console.log(`${f.name} [${n}, ${n}]: ${speed}; ${fits} (by ${(worst / largest).toExponential(1)})`)
    if (worst > 1e-5 * largest) process.exitCode = 1
  }
  const named = { matmul: (a: Tensor, b: Tensor) => matmul(a, b), softmax: (x: Tensor) => softmax(x) }
  await time(named.matmul as (...xs: Tensor[]) => Tensor, [drawn('A'), drawn('B')], 'GFLOP/s', 2 * n ** 3)
  await time(named.softmax as (...xs: Tensor[]) => Tensor, [drawn('scores')], 'GB/s', 2 * 4 * n ** 2)
  await engine.close()
})
