/** `cstransformer bench`: how fast a step and a forward pass are, beside other libraries, as ratios measured in one run. */
import { Command, Option } from 'commander'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flat, full, over, randomStream, storage, type Tensor, truncatedNormal } from '../tensor'
import { type Engine, type GpuMode, gpuModes } from '../engines'
import { type Config, initialParameters, type Parameters } from '../paper'
import { leaves, trace } from '../trace'
import {
  type Batch,
  digitsRecipe,
  lossOf,
  saveCheckpoint,
  saveSafetensors,
  sgd,
  startState,
  trainingStep,
} from '../training'
import { withoutDeadWork } from '../transforms'
import { type Contender, type Runs, startPeer } from './bench-peer'
import { benchProducts, machine } from './bench-products'
import { addConfigFlags, configOf, variantOf, wholeNumber } from './config-flags'
import { describeClips, describeNetwork } from './describe'
import { openEngine } from './engines'
import { save } from './files'
import { fixed, table } from './text'

const TRAIN = { rate: 0.02, momentum: 0.9, decay: 1e-4 }
// The forward passes come first: a step moves the weights.
const WHAT = ['forward', 'step'] as const

/** Normal clips, and labels in turn. */
const batchOf = ({ channels, frames, height, width, classes }: Config, B: number): Batch => ({
  X: truncatedNormal(randomStream(1, 'clips'), [B, channels, frames, height, width], 1, 'float32'),
  labels: over(
    storage(B, 'float32').map((_, i) => i % classes),
    [B],
  ),
})

/** Ours on an engine; parameters and momenta stay there. */
const ours = async (
  engine: Engine,
  config: Config,
  parameters: Parameters,
  batch: Batch,
  deadWork: 'kept' | 'left out',
): Promise<Contender & { readonly ready: number }> => {
  const begun = performance.now()
  const optimizer = sgd(TRAIN)
  const state = { parameters, optimizer: optimizer.start(parameters) }
  const full_ = trainingStep(config, optimizer, undefined, deadWork)
  const step = (s: typeof state, b: Batch, rate: Tensor<[]>) => {
    const { state: next, loss } = full_(s, b, rate)
    return { next, loss }
  }
  const loss = (p: Parameters, b: Batch) => lossOf(config, p, b).loss as Tensor
  const rate = full(TRAIN.rate, []) as Tensor<[]>
  const forward = await engine.compile(
    trace(deadWork === 'kept' ? loss : withoutDeadWork(loss), parameters, batch).graph,
  )
  const train = await engine.compile(trace(step, state, batch, rate).graph)
  const ready = performance.now() - begun
  const given = leaves(batch).map(engine.upload)
  const rates = [engine.upload(rate)]
  const first = leaves(parameters).map(engine.upload)
  let handles = leaves(state).map(engine.upload)
  const once = {
    forward: async () => (await forward([...first, ...given]))[0]!,
    step: async () => {
      const made = await train([...handles, ...given, ...rates])
      engine.release(handles)
      handles = made.slice(0, handles.length)
      return made.at(-1)!
    },
  }
  const lossOn = async (handle: unknown): Promise<number> => {
    const loss = await engine.download(handle)
    engine.release([handle])
    return flat(loss)[0]!
  }
  return {
    name: `ours on ${engine.name}${deadWork === 'kept' ? '' : ', dead work left out'}`,
    ready,
    run: async (what, count) => {
      const [ms, losses]: [number[], number[]] = [[], []]
      for (let i = 0; i < count; i++) {
        const start = performance.now()
        losses.push(await lossOn(await once[what]()))
        ms.push(performance.now() - start)
      }
      return { ms, losses }
    },
    close: async () => undefined,
  }
}

/** PyTorch with the fastest BLAS that Debian has for this processor (bench/README.md). */
const pytorch = (python: string, files: readonly string[]): Promise<Contender> => {
  const openmp = '/usr/lib/x86_64-linux-gnu/openblas-openmp'
  const wide = existsSync('/proc/cpuinfo') && readFileSync('/proc/cpuinfo', 'utf8').includes('avx512f')
  return startPeer(python, [join('bench', 'pytorch.py'), ...files, ...Object.values(TRAIN).map(String)], {
    ...(existsSync(openmp) ? { LD_LIBRARY_PATH: openmp } : {}),
    ...(wide ? { OPENBLAS_CORETYPE: 'SKYLAKEX' } : {}),
  })
}

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

interface Flags {
  readonly batch: number
  readonly rounds: number
  readonly runs: number
  readonly engine: string
  readonly mode?: GpuMode
  readonly products?: boolean
  readonly python?: string
  readonly json?: string
}

/** The command. `print` gets the text to show. */
export const benchCommand = (argv: readonly string[], print: (text: string) => void): Command => {
  const command = new Command('bench').description('time a training step and a forward pass, beside other libraries')
  const whole = (flag: string, text: string, standard: number): Option =>
    new Option(`${flag} <n>`, text).default(standard).argParser(wholeNumber(flag, 1))
  command
    .addOption(whole('--batch', 'clips of a step', 16))
    .addOption(whole('--rounds', 'how often each is asked in turn', 7))
    .addOption(whole('--runs', 'runs of each in a round', 3))
    .addOption(new Option('--engine <name>', 'what computes').default('auto'))
    .addOption(new Option('--mode <mode>', `how --engine gpu computes: ${gpuModes.join(', ')}`))
    .addOption(new Option('--products', 'time matrix products of 256³ to 2048³, and nothing else'))
    .addOption(new Option('--python <program>', 'a Python with PyTorch to compare with (in a clone of the repository)'))
    .addOption(new Option('--json <file>', 'where to write the figures'))
  return addConfigFlags(command, 'tiny', []).action(async () => {
    const flags = command.opts<Flags>()
    if (flags.products) return benchProducts(flags, argv, print)
    const config = configOf(command)
    print(`${variantOf(command)}: ${describeNetwork(config)}, ${describeClips(config)}, ${flags.batch} clips`)
    await compare(config, flags, argv, print)
    return undefined
  })
}

const compare = async (
  config: Config,
  { batch: B, rounds, runs, engine: name, mode, python, json }: Flags,
  argv: readonly string[],
  print: (text: string) => void,
): Promise<void> => {
  const engine = await openEngine(name, mode)
  print(engine.description)
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-bench-'))
  const contenders: Contender[] = []
  try {
    const parameters = initialParameters(config, 1, { alpha: 0.1 })
    const batch = batchOf(config, B)
    for (const deadWork of ['kept', 'left out'] as const) {
      const contender = await ours(engine, config, parameters, batch, deadWork)
      print(`${contender.name}: ready after ${fixed(contender.ready / 1000, 1)} s`)
      contenders.push(contender)
    }
    if (python !== undefined) {
      const files = ['parameters', 'batch'].map(file => join(folder, `${file}.safetensors`))
      const recipe = digitsRecipe
      saveCheckpoint(files[0]!, { config, recipe, seed: 1, step: 0, state: startState(recipe, parameters) })
      saveSafetensors(files[1]!, { tensors: new Map(Object.entries(batch)), metadata: {} })
      contenders.push(await pytorch(python, files))
    }
    const results = contenders.map(c => ({ name: c.name, ...figures() }))
    for (const what of WHAT) {
      for (const [i, c] of contenders.entries()) add(results[i]![what], await c.run(what, 3), 'warm')
      for (let round = 0; round < rounds; round++)
        for (const [i, c] of contenders.entries()) add(results[i]![what], await c.run(what, runs), 'timed')
    }
    const last = results.at(-1)!
    for (const what of WHAT) {
      const rows = results.map(r => {
        const ms = median(r[what].ms)
        const drift = Math.max(...r[what].losses.map((l, i) => Math.abs(l - last[what].losses[i]!)))
        const ratio = `${fixed(median(last[what].ms) / ms, 2)}×`
        return [r.name, fixed(ms, 1), fixed(Math.min(...r[what].ms), 1), ratio, drift.toExponential(0)]
      })
      print(`\n${table([what, 'median ms', 'least ms', `faster than ${last.name}`, 'losses differ by'], rows)}`)
    }
    if (json !== undefined) {
      const found = { command: ['cstransformer', ...argv].join(' '), machine, config, batch: B, rounds, runs, results }
      save(json, `${JSON.stringify(found, null, 2)}\n`)
    }
  } finally {
    await Promise.all(contenders.map(c => c.close()))
    await engine.close()
    rmSync(folder, { recursive: true })
  }
}

interface Figure {
  ms: number[]
  losses: number[]
}
const figures = (): Record<(typeof WHAT)[number], Figure> => ({
  step: { ms: [], losses: [] },
  forward: { ms: [], losses: [] },
})
/** Losses are compared over the first steps; times are those after the warm-up. */
const add = (figure: Figure, { ms, losses }: Runs, when: 'warm' | 'timed'): void => {
  if (when === 'timed') figure.ms.push(...ms)
  else figure.losses.push(...losses)
}
