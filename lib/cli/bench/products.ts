/** `cstransformer bench --products`: matrix products of square matrices, in operations per second. */
import { median } from '../../ablation'
import { type Engine, gpuEngine, type GpuMode } from '../../engines'
import { matmul, slice } from '../../primitives'
import { randomStream, type Tensor, truncatedNormal } from '../../tensor'
import { trace } from '../../trace'
import { openEngine } from '../flags/engine'
import { checkWritable } from '../../disk'
import { fixed, table } from '../../format/text'
import { saveFigures } from './measured'

const SIZES = [256, 512, 1024, 2048]
/** The largest that gpu.js's own kernels are asked for: they take seconds for those after it. */
const PLAIN = 512

/** Milliseconds, at least one run: code is made faster while it runs, and short runs are timed many times. */
const [WARM, ROUND] = [300, 50]

export interface ProductFigure {
  readonly name: string
  readonly size: number
  /** Milliseconds of each run. */
  readonly ms: readonly number[]
}

/** Times a product on an engine, and adds to its figure. Only one element comes back: it says that the product is done.
 *  @param product of the matrices, or of their transposes */
export const contender = async <H>(
  name: string,
  engine: Engine<H>,
  size: number,
  product: (A: Tensor, B: Tensor) => Tensor = matmul,
) => {
  const matrix = (what: string): Tensor => truncatedNormal(randomStream(1, what), [size, size], 1, 'float32')
  const corner = (A: Tensor, B: Tensor): Tensor => slice(slice(product(A, B), 0, size - 1, size), 1, size - 1, size)
  const operands = [matrix('A'), matrix('B')] as const
  const execute = await engine.compile(trace(corner, ...operands).graph)
  const given = operands.map(engine.upload)
  const ms: number[] = []
  const run = async (): Promise<void> => {
    const begun = performance.now()
    const made = await execute(given)
    await engine.download(made[0]!)
    ms.push(performance.now() - begun)
    engine.release(made)
  }
  const runFor = async (milliseconds: number): Promise<void> => {
    const end = performance.now() + milliseconds
    do await run()
    while (performance.now() < end)
  }
  await runFor(WARM)
  ms.splice(0)
  const figure: ProductFigure = { name, size, ms }
  return { figure, round: () => runFor(ROUND), release: () => engine.release(given) }
}

interface Flags {
  readonly engine: string
  /** gpu.js's, where the engine is `gpu`. */
  readonly mode?: GpuMode
  readonly rounds: number
  readonly json?: string
}

/** Times products on an engine, beside gpu.js's own kernels where it is one of its modes. */
export const benchProducts = async (
  { engine: name, mode, rounds, json }: Flags,
  argv: readonly string[],
  print: (text: string) => void,
): Promise<void> => {
  if (json !== undefined) checkWritable(json)
  const engine = await openEngine(name, mode)
  const plain = mode && (await gpuEngine({ mode, tuned: false, software: true }))
  const figures: ProductFigure[] = []
  try {
    for (const size of SIZES) {
      const ours = await contender(engine.description, engine, size)
      const theirs = plain && size <= PLAIN ? await contender(plain.description, plain, size) : undefined
      for (let round = 0; round < rounds; round++) {
        await ours.round()
        await theirs?.round()
      }
      for (const c of [ours, theirs]) {
        c?.release()
        if (c) figures.push(c.figure)
      }
    }
  } finally {
    await plain?.close()
    await engine.close()
  }
  const speed = ({ size, ms }: ProductFigure, of: (ms: readonly number[]) => number): number =>
    (2 * size ** 3) / of(ms) / 1e6
  const rows = figures.map(f => [
    `${f.size}³`,
    f.name,
    fixed(speed(f, median), 1),
    fixed(
      speed(f, ms => Math.min(...ms)),
      1,
    ),
  ])
  print(`\n${table(['product', 'on', 'median GFLOP/s', 'most GFLOP/s'], rows)}`)
  saveFigures(json, argv, { rounds, results: figures })
}
