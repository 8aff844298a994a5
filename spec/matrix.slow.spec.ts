/** The package as a registry's clients install it, with compilers, bundlers and runtimes of other projects. */
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noChromium } from './chromium'
import { temporaryFolder } from './cli/command'
import { itWhere } from './laws/skips'
import { pack, weightOf } from './packed'
import { pageProgram, runInPage } from './page'

const compilers = ['5.7', '5.8', '5.9', '6.0', 'latest']
const bundlers = [
  'webpack',
  'webpack-cli',
  'rollup',
  '@rollup/plugin-node-resolve',
  '@rollup/plugin-commonjs',
  'esbuild',
  'vite',
]
const tools = [...bundlers, 'deno', 'bun', ...compilers.map(v => `ts-${v}@npm:typescript@${v}`)]

const answers = spawnSync('npm', ['view', 'typescript', 'version'], { encoding: 'utf8', timeout: 60_000 }).status === 0
const why = answers ? '' : ': no npm registry answers'

const training = (imports: string): string => `
  ${imports}
  const main = async () => {
    const engine = await gpuEngine({ mode: 'webasm' })
    const config = { ...variants.digits, dim: 8 }
    const recipe = { ...digitsRecipe, steps: 5, batch: 2 }
    const X = truncatedNormal(randomStream(1, 'X'), [2, 1, 4, 16, 16], 1)
    const state = startState(recipe, initialParameters(config, 1))
    const losses = []
    const batch = () => ({ X, labels: zeros([2]) })
    for await (const { loss } of train({ engine, config, recipe, state, batch })) losses.push(loss.toFixed(3))
    await engine.close()
    return losses.join(' ')
  }`
const names =
  '{ digitsRecipe, gpuEngine, initialParameters, randomStream, startState, train, truncatedNormal, variants, zeros }'
const esm = training(`import ${names} from 'cstransformer'`)
const cjs = training(`const ${names} = require('cstransformer')`)
const LOSSES = '2.063 2.058 2.049 2.035 2.018\n'

const typed = `
  import { positionEncoding, type Tensor, gpuEngine, train } from 'cstransformer'
  import { full } from 'cstransformer/tensor'
  import { compile } from 'cstransformer/engines'
  import { openVideo } from 'cstransformer/video'
  declare const V: Tensor<['B*T', 'P', 'C']>
  declare const Pt: Tensor<['T', '1', 'C']>
  export const V_0: Tensor<['B*T', '1+P', 'C']> = positionEncoding(full(0, [6, 1, 5]), V, full(0, [1, 5, 5]), Pt)
  // @ts-expect-error: the patches have three dimensions
  positionEncoding(full(0, [6, 1, 5]), Pt as unknown as Tensor<['T', 'C']>, full(0, [1, 5, 5]), Pt)
  export { compile, gpuEngine, openVideo, train }`

describe(`The package in projects of others${why}`, function () {
  this.timeout(600_000)
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-matrix-'))
  const project = join(folder, 'project')
  const alone = join(folder, 'alone')
  const run = (program: string, ...args: string[]): string => {
    const { stdout, stderr, error } = spawnSync(program, args, { cwd: project, encoding: 'utf8', timeout: 240_000 })
    return error ? String(error) : `${stdout}${stderr}`
  }

  before(function () {
    if (!answers) return this.skip()
    const tarball = pack(folder)
    for (const [at, packages] of [
      [alone, []],
      [project, tools],
    ] as const) {
      mkdirSync(at)
      writeFileSync(join(at, 'package.json'), '{ "private": true }')
      const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', tarball, ...packages], {
        cwd: at,
        encoding: 'utf8',
      })
      expect(npm.status, npm.stderr).to.equal(0)
    }
    for (const [name, code] of Object.entries({
      'train.cjs': `${cjs}\nmain().then(console.log)`,
      'train.mjs': `${esm}\nconsole.log(await main())`,
      'worker.mjs': `import { Worker, isMainThread, parentPort } from 'node:worker_threads'\n${esm}
        if (isMainThread) for (const _ of [1, 2]) new Worker(new URL(import.meta.url)).on('message', console.log)
        else parentPort.postMessage(await main())`,
      'page.mjs': `import { gpuEngine, onnxEngine, softmax, train } from 'cstransformer'
        import { openVideo } from 'cstransformer/video'
        console.log(gpuEngine, onnxEngine, openVideo, softmax, train)`,
      'typed.mts': typed,
      'typed.cts': typed,
      'typed.ts': typed,
    }))
      writeFileSync(join(project, name), code)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('is at most 15 packages of 12 MB', () => {
    const modules = join(alone, 'node_modules')
    const packages = readdirSync(modules).flatMap(name =>
      name.startsWith('.')
        ? []
        : name.startsWith('@')
          ? readdirSync(join(modules, name)).map(n => join(name, n))
          : [name],
    )
    expect(packages.length).to.be.at.most(15)
    expect(packages.reduce((sum, name) => sum + weightOf(join(modules, name)), 0)).to.be.at.most(12 * 2 ** 20)
  })

  it('trains in CommonJS', () => expect(run('node', 'train.cjs')).to.equal(LOSSES))
  it('trains as ES modules', () => expect(run('node', 'train.mjs')).to.equal(LOSSES))
  it('trains in worker threads', () => expect(run('node', 'worker.mjs')).to.equal(LOSSES + LOSSES))
  it('trains in Deno', () => expect(run('npx', 'deno', 'run', '-A', '--quiet', 'train.mjs')).to.equal(LOSSES))
  it('trains in Bun', () => expect(run('npx', 'bun', 'train.mjs')).to.equal(LOSSES))

  it('gives webpack nothing to warn of', () => {
    const said = run('npx', 'webpack', '--mode', 'production', '--entry', './page.mjs', '-o', 'out')
    expect(said, said).to.match(/compiled successfully/)
  })
  it('gives Rollup nothing to warn of', () => {
    const plugins = ['node-resolve={browser: true}', 'commonjs'].flatMap(plugin => ['-p', plugin])
    const said = run('npx', 'rollup', './page.mjs', '-d', 'out-rollup', '-f', 'es', '--failAfterWarnings', ...plugins)
    expect(said, said)
      .to.match(/created/)
      .and.not.match(/\(!\)/)
  })
  it('gives esbuild nothing to warn of', () => {
    const flags = ['--bundle', '--format=esm', '--splitting', '--outdir=out-esbuild', '--log-level=warning']
    expect(run('npx', 'esbuild', './page.mjs', ...flags)).to.equal('')
  })

  itWhere(noChromium)(
    'is an app of Vite: a checkpoint is fetched, predicts, and is trained on for 20 steps',
    async () => {
      const app = join(project, 'app')
      mkdirSync(app)
      writeFileSync(join(app, 'index.html'), '<!doctype html><script type="module" src="./main.js"></script>')
      writeFileSync(join(app, 'main.js'), pageProgram)
      const said = run('npx', 'vite', 'build', 'app', '--logLevel', 'warn')
      expect(said).to.equal('')
      const scripts = readdirSync(join(app, 'dist/assets')).map(
        name => [`/assets/${name}`, readFileSync(join(app, 'dist/assets', name))] as const,
      )
      const entry = /src="([^"]+)"/.exec(readFileSync(join(app, 'dist/index.html'), 'utf8'))![1]
      await runInPage(Object.fromEntries(scripts.sort(([name]) => (name === entry ? -1 : 1))))
    },
  )

  for (const version of compilers)
    it(`type-checks in TypeScript ${version}, for bundlers, ES modules and CommonJS`, () => {
      for (const [kind, file] of [
        ['bundler', 'typed.ts'],
        ['nodenext', 'typed.mts'],
        ['nodenext', 'typed.cts'],
      ] as const) {
        const module = kind === 'bundler' ? 'esnext' : kind
        const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', kind]
        expect(run('node', `node_modules/ts-${version}/bin/tsc`, ...flags, file), `${file}, ${kind}`).to.equal('')
      }
    })
})

describe('The package as packed', () => {
  const folder = temporaryFolder()

  it('has types that are right in every module resolution (arethetypeswrong)', async function () {
    this.timeout(600_000) // it compiles everything
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(pack(folder)))))
    expect(result).to.have.property('problems').that.deep.equals([])
  })
})
