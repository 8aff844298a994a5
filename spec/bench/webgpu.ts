/** Matrix products on WebGPU: ours beside gpu.js's own, in turn in one process.
 *
 *      npx ts-node -T spec/bench/webgpu.ts [size] [rounds]
 *
 *  On a GPU, or without one on SwiftShader with VK_DRIVER_FILES naming its vk_swiftshader_icd.json. What is timed is four
 *  products in a row of matrices that lie on the device, and reading one of the results. */
import { median } from '../../lib/ablation'
import {
  type Engine,
  gpuEngine,
  type GpuHandle,
  matmul,
  randomStream,
  type Tensor,
  trace,
  transpose,
  truncatedNormal,
} from '../../lib'

const n = Number(process.argv[2] ?? 256)
const rounds = Number(process.argv[3] ?? 5)
const TIMES = 4
const layouts = {
  'A·B': (a: Tensor, b: Tensor) => matmul(a, b),
  'A·Bᵀ': (a: Tensor, b: Tensor) => matmul(a, transpose(b)),
  'Aᵀ·B': (a: Tensor, b: Tensor) => matmul(transpose(a), b),
}

const measure = async (): Promise<void> => {
  const open = (options: object): Promise<Engine<GpuHandle>> =>
    gpuEngine({ mode: 'webgpu', software: true, ...options })
  const engines = {
    plain: await open({ tuned: false }),
    registers: await open({ tiling: 'registers' }),
    workgroups: await open({ tiling: 'workgroups' }),
  }
  console.log(Object.values(engines).map(e => e.description).join('\n')) // prettier-ignore
  const drawn = (name: string): Tensor => truncatedNormal(randomStream(1, name), [n, n], 1, 'float32')
  for (const [layout, f] of Object.entries(layouts)) {
    const contenders: { readonly name: string; readonly once: () => Promise<number>; readonly times: number[] }[] = []
    for (const [name, engine] of Object.entries(engines)) {
      const xs = [drawn('A'), drawn('B')] as const
      const execute = await engine.compile(trace(f, ...xs).graph)
      const given = xs.map(engine.upload)
      const once = async (): Promise<number> => {
        const begun = performance.now()
        const made: GpuHandle[] = []
        for (let i = 0; i < TIMES; i++) made.push(...(await execute(given)))
        await engine.download(made[0]!)
        engine.release(made)
        return (performance.now() - begun) / TIMES
      }
      await once()
      contenders.push({ name, once, times: [] })
    }
    for (let i = 0; i < rounds; i++) for (const { once, times } of contenders) times.push(await once())
    const plain = contenders[0]!.times
    for (const { name, times } of contenders) {
      const ms = median(times)
      const ratio = median(times.map((t, i) => plain[i]! / t))
      const speed = `${ms.toFixed(1)} ms, ${((2 * n ** 3) / ms / 1e6).toFixed(2)} GFLOP/s`
      console.log(`${layout} ${n}³, ${name}: ${speed}, ${ratio.toFixed(1)} times as fast as plain`)
    }
  }
  for (const engine of Object.values(engines)) await engine.close()
}
void measure()
