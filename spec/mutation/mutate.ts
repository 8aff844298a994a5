/** How many wrong lines the tests would notice: changes the code of a folder in every way that Stryker knows, a place at a time, and runs
 *  the specs that reach the place.
 *
 *      npm run mutate                               the folders that everything stands on
 *      npm run mutate:nightly                       lib/training and lib/video, whose specs take longer
 *      npm run mutate -- tensor trace --every 8     some folders, and of each file one line in 8
 *      npm run mutate -- lib/tensor/views.ts        a file
 *
 *  Stryker keeps what it found in `reports/mutation`, and takes up there what has not changed since. What it found is written to
 *  `docs/mutation`, as a page too. */
import { parseArgs } from 'node:util'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { page } from './page'
import { digest, merge, type StrykerReport, summarize, type Summary } from './summary'

const root = join(__dirname, '../..')
const results = join(root, 'docs/mutation')

/** Files of a folder that are changed in one run of Stryker's, and what runs. Specs that read the sources as text, which Stryker changes,
 *  are left out. */
interface Part {
  readonly specs: readonly string[]
  /** The engines that they compute on. */
  readonly engines: string
  /** The files, or all that no part before has. */
  readonly files?: readonly string[]
  /** Of the specs, the tests whose titles match. */
  readonly tests?: RegExp
}
/** A part, with the paths of its files. */
type PartOfFiles = Part & { readonly files: readonly string[] }
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

/** Some primitives, with what they share: of the laws, those of these primitives alone, which say most of them. */
const primitives = (...files: readonly string[]): Part => {
  const names = files
    .filter(file => !file.startsWith('support/'))
    .map(file => file.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()))
  return {
    files,
    specs: [...named('transforms', 'counted', 'dead-work'), ...specsOf('primitives')],
    engines: 'ndarray;onnx;gpu, mode cpu;gpu, mode webasm',
    tests: new RegExp(
      `^(?!Dead work (of the network|is a quarter|is left out of random))(?!(Every primitive|What is made of primitives|What a primitive costs is what its definition does|Dead work is left out behind every primitive, to the same bits) (?!(${names.join('|')})( |$)))`,
    ),
  }
}

const targets: Readonly<Record<string, () => readonly Part[]>> = {
  tensor: () => [{ specs: [...specsOf('tensor'), ...specsOf('trace'), ...small], engines: 'ndarray' }],
  trace: () => [{ specs: [...specsOf('trace'), ...small, ...named('paper', 'identities')], engines: 'ndarray' }],
  primitives: () => [
    primitives('matmul', 'fused-attention', 'attention-gradient', 'support/attention', 'support/multiply'),
    primitives('sum', 'max', 'mean', 'argmax', 'cumsum', 'softmax', 'layer-norm', 'support/axes', 'support/reduction'),
    primitives('permute', 'reshape', 'broadcast-to', 'slice', 'concat', 'pad', 'roll', 'gather', 'rearrange', 'stop-gradient', 'support/strided', 'support/parts', 'support/share', 'support/unchanged', 'support/whole-numbers'), // prettier-ignore
    primitives('add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'equal', 'greater', 'where', 'support/binary', 'support/broadcasting', 'support/unbroadcast'), // prettier-ignore
    primitives('abs', 'cos', 'erf', 'exp', 'gelu', 'log', 'pow', 'relu', 'sigmoid', 'sin', 'sqrt', 'tanh', 'support/unary', 'support/error-function', 'support/sine-kernel', 'support/scalar', 'operations', 'index'), // prettier-ignore
  ],
  transforms: () => [{ specs: specsOf('transforms'), engines: 'ndarray' }],
  paper: () => [
    {
      specs: named('paper', 'formulas', 'config', 'parameters', 'identities', 'network', 'masked-attention', 'equations'), // prettier-ignore
      engines: 'ndarray',
      tests: /^(?!The paper )|^The paper (has its equations .* by the titles|are listed|gives every)/,
    },
  ],
  training: () => [
    {
      // Of the golden cases one, which is trained by both optimizers.
      tests: /^(?!Golden cases: the same as in an independent PyTorch model (?!default ))/,
      files: ['schedule', 'optimizer', 'clipping', 'layer-decay', 'average', 'loss', 'labels', 'accuracy', 'metrics', 'draws', 'drop-path', 'minimise', 'finite'], // prettier-ignore
      specs: [
        ...named(
          'training',
          'schedule',
          'regularisation',
          'minimise',
          'loss',
          'loop',
          'metrics',
          'videos',
          'video-scores',
        ),
        ...named('paper', 'golden'),
      ],
      engines: 'ndarray',
    },
    {
      files: ['checkpoint', 'schema', 'safetensors', 'safetensors-header', 'safetensors-json', 'published', 'published-config', 'pretrained', 'own-weights', 'foreign', 'files', 'kinds'], // prettier-ignore
      specs: named(
        'training',
        'checkpoint',
        'safetensors',
        'published',
        'pretrained',
        'own-weights',
        'files',
        'bytes',
        'metrics',
      ),
      engines: 'ndarray',
    },
    { specs: specsOf('training'), engines: 'ndarray' },
  ],
  video: () => [
    {
      files: ['sampling', 'crop', 'resize', 'pixels', 'frame', 'frames', 'drawing'],
      specs: named('video', 'sampling', 'crop', 'resize', 'pixels', 'frames'),
      engines: 'ndarray',
    },
    {
      files: ['boxes', 'chunks', 'container', 'bytes', 'png', 'png-chunks', 'apng', 'still'],
      specs: named('video', 'boxes', 'chunks', 'bytes', 'png', 'apng', 'damage', 'hostile', 'frames', 'decode'),
      engines: 'ndarray',
    },
    {
      files: ['digits', 'digits-files', 'digits-in-motion', 'difficulty'],
      specs: named('video', 'digits', 'digits-in-motion', 'difficulty'),
      engines: 'ndarray',
    },
    { specs: specsOf('video', 'browser.spec.ts'), engines: 'ndarray' },
  ],
}
const daily = ['paper', 'primitives', 'tensor', 'trace', 'transforms']

/** The files of a folder, as `lib/tensor/views.ts`. */
const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(root, 'lib', folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => `lib/${folder}/${file}`)
    .sort()

/** The parts of a folder, each with the files that are its own; of these, those that are wanted. */
const partsOf = (folder: string, wanted: (file: string) => boolean): readonly PartOfFiles[] => {
  const parts = targets[folder]!()
  const taken = new Set(parts.flatMap(({ files = [] }) => files.map(file => `lib/${folder}/${file}.ts`)))
  const rest = filesOf(folder).filter(file => !taken.has(file))
  return parts
    .map(part => ({
      ...part,
      files: (part.files?.map(file => `lib/${folder}/${file}.ts`) ?? rest).filter(wanted),
    }))
    .filter(({ files }) => files.length > 0)
}

/** What of a file is changed: everything, or the lines whose number is a multiple of `every`. */
const mutated = (file: string, every: number): readonly string[] => {
  if (every === 1) return [file]
  const lines = readFileSync(join(root, file), 'utf8').split('\n').length
  return Array.from({ length: Math.floor(lines / every) }, (_, i) => `${file}:${(i + 1) * every}-${(i + 1) * every}`)
}

const optionsFor = ({ files, specs, tests }: PartOfFiles, every: number, concurrency: number, reports: string) => ({
  mutate: files.flatMap(file => mutated(file, every)),
  testRunner: 'mocha',
  plugins: [require.resolve('@stryker-mutator/mocha-runner')],
  mochaOptions: {
    spec: [...specs],
    config: '.mocharc.json',
    require: ['ts-node/register/transpile-only', './spec/setup.ts', './spec/mutation/first-failure.ts'],
    ...(tests && { grep: tests.source }),
  },
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: `${reports}-incremental.json`,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: `${reports}.json` },
  concurrency,
  // A busy machine is no endless loop.
  timeoutMS: 15_000,
  timeoutFactor: 2,
  dryRunTimeoutMinutes: 60,
  ignorePatterns: ['.git', 'dist', 'esm', 'runs', 'examples', 'reports'],
  tempDirName: 'reports/stryker',
  allowEmpty: true,
})

/** Stryker, and the mocha that it knows, are in a folder of their own, and installed when they are asked for: nothing else needs them. */
const stryker = async (): Promise<{
  readonly Stryker: new (options: object) => { runMutationTest: () => Promise<unknown> }
}> => {
  if (!existsSync(join(__dirname, 'node_modules')))
    execFileSync('npm', ['ci', '--ignore-scripts', '--prefix', __dirname], { stdio: 'inherit' })
  const name: string = '@stryker-mutator/core'
  return import(name)
}

const usage = `npm run mutate -- [folder | file ...] [--nightly] [--every n] [--concurrency n] [--static] [--force] [--page]

  folder         of ${Object.keys(targets).join(', ')}; ${daily.join(', ')} without one
  file           of such a folder, as lib/tensor/views.ts: the others keep what was found of them before
  --nightly      training and video instead
  --every n      change one line in n of each file
  --concurrency  processes, 2 or as many as there are cores
  --static       change what runs once, while a file loads, too: each such change takes a process of its own
  --force        try again what was tried before, as after a change of what specs share
  --page         only write docs/mutation/README.md again, as after a change of reasons.json`

/** What is asked for, by its folder: some of its files, or all. */
const asked = (paths: readonly string[]): ReadonlyMap<string, (file: string) => boolean> => {
  const chosen = paths.map(path => {
    const [folder = '', ...rest] = path.replace(/^lib\//, '').split('/')
    if (!Object.hasOwn(targets, folder) || (rest.length > 0 && !filesOf(folder).includes(path)))
      throw new RangeError(
        `what is changed must be one of ${Object.keys(targets).join(', ')}, or a file of it, as lib/tensor/views.ts, got '${path}'`,
      )
    return { folder, file: rest.length > 0 ? path : undefined }
  })
  const inFolder = (folder: string) => chosen.filter(c => c.folder === folder)
  return new Map(
    chosen.map(({ folder }) => [
      folder,
      (file: string) => inFolder(folder).some(c => c.file === undefined || c.file === file),
    ]),
  )
}

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      nightly: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      static: { type: 'boolean', default: false },
      every: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    },
  })
  if (values.help) return console.log(usage)
  if (values.page) return writeFileSync(join(results, 'README.md'), page(root))
  const every = Number(values.every)
  const wanted = asked(positionals.length > 0 ? positionals : values.nightly ? ['training', 'video'] : daily)
  if (!Number.isInteger(every) || every < 1)
    throw new RangeError(`--every must be a whole number of at least 1, got ${values.every}`)
  // The same cases for every change: one that lives under them lives in CI.
  process.env['CI'] = 'true'
  const { Stryker } = await stryker()
  for (const [folder, files] of wanted)
    for (const part of partsOf(folder, files)) {
      process.env['ENGINES'] = part.engines
      const name = [folder, ...(part.files.length < filesOf(folder).length ? [digest(part.files.join())] : [])].join(
        '-',
      )
      const reports = `reports/mutation/${name}${every === 1 ? '' : `-${every}`}`
      await new Stryker({
        ...optionsFor(part, every, Number(values.concurrency), reports),
        force: values.force,
        ignoreStatic: !values.static,
      }).runMutationTest()
      const report: StrykerReport = JSON.parse(readFileSync(join(root, `${reports}.json`), 'utf8'))
      const path = join(results, `${folder}.json`)
      const before: Summary | undefined = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
      const found = summarize(root, report, every, part)
      mkdirSync(results, { recursive: true })
      writeFileSync(path, `${JSON.stringify(merge(before, found, filesOf(folder)), null, 2)}\n`)
      writeFileSync(join(results, 'README.md'), page(root))
    }
}

if (require.main === module)
  main().catch((error: unknown) => {
    console.error(error instanceof RangeError ? error.message : error)
    process.exitCode = 1
  })
