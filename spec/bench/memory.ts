/** The memory and the time of training steps, counted beside measured, and beside PyTorch's: each in a process of its own.
 *
 *      npx ts-node -T spec/bench/memory.ts docs/benchmarks/memory.json onnx /usr/bin/python3 V2:1
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { machine } from '../../lib/cli/bench/measured'
import { startPeers } from '../../lib/cli/bench/peers'
import { testOf } from '../../lib/cli/bench/test'
import { openEngine } from '../../lib/cli/flags/engine'
import { type Config, configure, variants } from '../../lib/paper'
import { startState, stepMemory, train, videoRecipe } from '../../lib/training'
import { rematerialised } from '../../lib/transforms'

const STEPS = 3
const MIB = 2 ** 20

/** What is measured where nothing is said: a variant (with other frames, `V2@32`), clips in a step, parts of it, and `again` where
 *  the backward pass computes blocks again. */
const STANDARD = ['digits:32', 'tiny:16', 'small:4', 'small:16:4', 'V2:1', 'V2:4:4', 'V2:16:16']

const parsed = (
  what: string,
): { readonly config: Config; readonly B: number; readonly parts: number; readonly rematerialise: boolean } => {
  // prettier-ignore
  const [named, B, parts = '1', again] = what.split(':') as [string, string, string?, string?]
  const [variant, frames] = named.split('@') as [keyof typeof variants, string?]
  const config = configure({ ...variants[variant], ...(frames !== undefined && { frames: Number(frames) }) })
  return { config, B: Number(B), parts: Number(parts), rematerialise: again === 'again' }
}

/** The most that this process has held, in bytes. */
const peak = (): number => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])

interface Figure {
  /** MiB of a process. */
  readonly counted: number
  readonly measured: number
  /** Seconds of each step. */
  readonly seconds: readonly number[]
}

/** Some steps in this process. */
const measure = async (what: string, name: string, mode?: string): Promise<Figure> => {
  const { config, B, parts, rematerialise } = parsed(what)
  const engine = await openEngine(name, mode)
  const recipe = { ...videoRecipe(STEPS, 1), batch: B, parts, rematerialise }
  const held = process.memoryUsage.rss()
  const { total } = stepMemory(engine, config, recipe)
  const { parameters, batch } = testOf(config, B)
  const state = startState(recipe, parameters)
  const seconds: number[] = []
  let begun = performance.now()
  for await (const _ of train({ engine, config, recipe, state, batch: () => batch, rematerialised })) {
    seconds.push((performance.now() - begun) / 1000)
    begun = performance.now()
  }
  await engine.close()
  return { counted: (held + total) / MIB, measured: peak() / MIB, seconds }
}

/** PyTorch on the same work, in as many parts: its peak in MiB, seconds of each step, and what it multiplies with. */
interface Theirs {
  readonly pytorch: number
  readonly pytorchSeconds: readonly number[]
  readonly blas?: string | undefined
}
const pytorch = async (what: string, python: string): Promise<Theirs> => {
  const { config, B, parts } = parsed(what)
  const train = { rate: 0.005, momentum: 0.9, decay: 1e-4, parts }
  const test = { ...testOf(config, B), train, what: ['step'] as const }
  const [peer] = await startPeers(test, { python })
  const { peakMiB, ms } = await peer!.run('step', STEPS)
  await peer!.close()
  return { pytorch: peakMiB!, pytorchSeconds: ms.map(t => t / 1000), blas: peer!.blas?.name }
}

const main = async (file: string, engine: string, python: string, wanted: readonly string[]): Promise<void> => {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { results?: Row[] }) : {}
  type Row = Figure & Partial<Theirs> & { readonly what: string; readonly engine: string }
  let results: Row[] = known.results ?? []
  for (const what of wanted.length === 0 ? STANDARD : wanted) {
    const child = [...process.execArgv, '-r', 'ts-node/register/transpile-only', __filename, 'child', what, ...engine.split(':')] // prettier-ignore
    const figure = JSON.parse(execFileSync(process.execPath, child, { encoding: 'utf8' })) as Figure
    const theirs: Partial<Theirs> = python !== '-' && !parsed(what).rematerialise ? await pytorch(what, python) : {}
    const row: Row = { what, engine, ...figure, ...theirs }
    results = [...results.filter(r => r.what !== what || r.engine !== engine), row]
    const off = (100 * (row.counted / row.measured - 1)).toFixed(0)
    const perStep = (all: readonly number[] = []): string => all.map(t => t.toFixed(1)).join(' ')
    process.stdout.write(`${what} on ${engine}: counted ${row.counted.toFixed(0)} MiB, measured ${row.measured.toFixed(0)} (${off} %), steps of ${perStep(row.seconds)} s\n`) // prettier-ignore
    if (theirs.pytorch !== undefined)
      process.stdout.write(
        `  PyTorch, ${theirs.blas}: ${theirs.pytorch.toFixed(0)} MiB, steps of ${perStep(theirs.pytorchSeconds)} s\n`,
      )
    if (file !== '-') writeFileSync(file, `${JSON.stringify({ machine, steps: STEPS, results }, null, 2)}\n`)
  }
}

const [file = '-', engine = 'onnx', python = '-', ...wanted] = process.argv.slice(2)
if (file === 'child') void measure(engine, python, wanted[0]).then(f => process.stdout.write(JSON.stringify(f)))
else void main(file, engine, python, wanted)
