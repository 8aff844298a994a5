/** How many wrong lines the tests would notice: changes the code of a folder in every way that Stryker knows, a place at a time, and runs
 *  the specs that reach the place.
 *
 *      npm run mutate                               the folders that everything stands on
 *      npm run mutate:nightly                       lib/training and lib/video, whose specs take longer
 *      npm run mutate -- tensor trace --every 8     some folders, and of each file one line in 8
 *
 *  Stryker keeps what it found in `reports/mutation`, and takes up there what has not changed since. What it found is written to
 *  `docs/mutation`, as a page too. */
import { parseArgs } from 'node:util'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { page } from './page'
import { type StrykerReport, summarize } from './summary'

const root = join(__dirname, '../..')
const results = join(root, 'docs/mutation')

/** The specs of a folder, and those of others that say more of it; and the engines that they compute on. Specs that read the sources as
 *  text, which Stryker changes, are left out. */
interface Target {
  readonly specs: readonly string[]
  readonly engines: string
}
const specsOf = (folder: string, ...without: readonly string[]): readonly string[] =>
  readdirSync(join(root, 'spec', folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.spec.ts') && !file.endsWith('.slow.spec.ts') && !without.includes(file))
    .map(file => `spec/${folder}/${file}`)
    .sort()
const named = (folder: string, ...names: readonly string[]): readonly string[] =>
  names.map(name => `spec/${folder}/${name}.spec.ts`)
const small = [
  ...named('primitives', 'custom', 'faults', 'operands', 'rearrange', 'strided'),
  ...named('paper', 'config', 'formulas'),
]

const targets: Readonly<Record<string, () => Target>> = {
  tensor: () => ({ specs: [...specsOf('tensor'), ...specsOf('trace'), ...small], engines: 'ndarray' }),
  trace: () => ({ specs: [...specsOf('trace'), ...small], engines: 'ndarray' }),
  primitives: () => ({
    specs: [...named('transforms', 'counted'), ...specsOf('primitives')],
    engines: 'ndarray;onnx;gpu, mode cpu;gpu, mode webasm',
  }),
  transforms: () => ({ specs: specsOf('transforms'), engines: 'ndarray' }),
  paper: () => ({
    specs: named('paper', 'formulas', 'config', 'parameters', 'identities', 'network'),
    engines: 'ndarray',
  }),
  training: () => ({ specs: specsOf('training'), engines: 'ndarray' }),
  video: () => ({ specs: specsOf('video', 'browser.spec.ts'), engines: 'ndarray' }),
}
const daily = ['paper', 'primitives', 'tensor', 'trace', 'transforms']

/** What of a folder is changed: everything, or in each file the lines whose number is a multiple of `every`. */
const mutated = (folder: string, every: number): string[] => {
  const files = readdirSync(join(root, 'lib', folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => `lib/${folder}/${file}`)
    .sort()
  if (every === 1) return files
  return files.flatMap(file => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n').length
    return Array.from({ length: Math.floor(lines / every) }, (_, i) => `${file}:${(i + 1) * every}-${(i + 1) * every}`)
  })
}

const reportsOf = (folder: string, every: number): string =>
  `reports/mutation/${folder}${every === 1 ? '' : `-${every}`}`

const optionsFor = (folder: string, every: number, concurrency: number) => {
  const { specs } = targets[folder]!()
  const reports = reportsOf(folder, every)
  return {
    mutate: mutated(folder, every),
    testRunner: 'mocha',
    plugins: [require.resolve('@stryker-mutator/mocha-runner')],
    mochaOptions: { spec: [...specs], config: '.mocharc.json' },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `${reports}-incremental.json`,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: `${reports}.json` },
    concurrency,
    // A busy machine is no endless loop.
    timeoutMS: 30_000,
    timeoutFactor: 4,
    dryRunTimeoutMinutes: 60,
    ignorePatterns: ['.git', 'dist', 'esm', 'runs', 'docs', 'examples', 'reports'],
    tempDirName: 'reports/stryker',
    allowEmpty: true,
  }
}

/** Stryker, and the mocha that it knows, are in a folder of their own, and installed when they are asked for: nothing else needs them. */
const stryker = async (): Promise<{
  readonly Stryker: new (options: object) => { runMutationTest: () => Promise<unknown> }
}> => {
  if (!existsSync(join(__dirname, 'node_modules')))
    execFileSync('npm', ['ci', '--ignore-scripts', '--prefix', __dirname], { stdio: 'inherit' })
  const name: string = '@stryker-mutator/core'
  return import(name)
}

const usage = `npm run mutate -- [folder ...] [--nightly] [--every n] [--concurrency n] [--page]

  folder         of ${Object.keys(targets).join(', ')}; ${daily.join(', ')} without one
  --nightly      training and video instead
  --every n      change one line in n of each file
  --concurrency  processes, 2 or as many as there are cores
  --page         only write docs/mutation/README.md again, as after a change of reasons.json`

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      nightly: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      every: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    },
  })
  if (values.help) return console.log(usage)
  if (values.page) return writeFileSync(join(results, 'README.md'), page(results))
  const every = Number(values.every)
  const folders = positionals.length > 0 ? positionals : values.nightly ? ['training', 'video'] : daily
  const unknown = folders.find(folder => !Object.hasOwn(targets, folder))
  if (unknown !== undefined)
    throw new RangeError(`a folder must be one of ${Object.keys(targets).join(', ')}, got '${unknown}'`)
  if (!Number.isInteger(every) || every < 1)
    throw new RangeError(`--every must be a whole number of at least 1, got ${values.every}`)
  // The same cases for every change: one that lives under them lives in CI.
  process.env['CI'] = 'true'
  const { Stryker } = await stryker()
  for (const folder of folders) {
    process.env['ENGINES'] = targets[folder]!().engines
    await new Stryker(optionsFor(folder, every, Number(values.concurrency))).runMutationTest()
    const report: StrykerReport = JSON.parse(readFileSync(join(root, `${reportsOf(folder, every)}.json`), 'utf8'))
    mkdirSync(results, { recursive: true })
    writeFileSync(
      join(results, `${folder}.json`),
      `${JSON.stringify(summarize(report, every, targets[folder]!().specs), null, 2)}\n`,
    )
    writeFileSync(join(results, 'README.md'), page(results))
  }
}

if (require.main === module)
  main().catch((error: unknown) => {
    console.error(error instanceof RangeError ? error.message : error)
    process.exitCode = 1
  })
