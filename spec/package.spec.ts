import { expect } from 'chai'
import { build, type BuildResult } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import ts from 'typescript'
import { noChromium } from './chromium'
import { itWhere } from './laws/skips'
import { dependencies, install, link, manifest, pack, root, weightOf } from './packed'
import { pageProgram, runInPage } from './page'

const layers = Object.keys(manifest.exports).filter(path => path !== './package.json')

const videoFile = join(root, 'fixtures/videos/h264.mp4')

const program = `
const [B, T, P, C] = [2, 3, 4, 5]
const V_0 = positionEncoding(
  full(1, [B * T, 1, C]),
  full(2, [B * T, P, C]),
  full(10, [1, 1 + P, C]),
  fromArray([100, 200, 300].flatMap(t => Array(C).fill(t)), [T, 1, C]),
)
console.log(V_0.shape.join(), V_0.get(1, 0, 0), V_0.get(1, 1, 0))
`
/** Eq. (2): 1 + 10 for the class token; Eq. (3): 2 + 10 + 200 for a patch of the second frame. */
const answer = '6,5,5 11 212\n'

describe('the package as published', function () {
  this.timeout(120_000)
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-'))
  const project = join(folder, 'project')
  let tarball = ''

  const run = (name: string, code: string): string => {
    writeFileSync(join(project, name), code)
    return execFileSync(process.execPath, [name], { cwd: project, encoding: 'utf8' })
  }

  before(function () {
    this.timeout(600_000) // it compiles everything
    tarball = pack(folder)
    install(tarball, project)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(project, 'node_modules/cstransformer'), pack: false })
    expect(messages.map(message => formatMessage(message, pkg))).to.deep.equal([])
  })

  it('computes an equation for CommonJS', () => {
    const imports = `const { positionEncoding, full, fromArray } = require('cstransformer')`
    expect(run('program.cjs', imports + program)).to.equal(answer)
  })

  it('computes an equation for an ES module', () => {
    const imports = `import { positionEncoding, full, fromArray } from 'cstransformer'`
    expect(run('program.mjs', imports + program)).to.equal(answer)
  })

  it('gives the same functions by every path', () => {
    const paths = layers.map(path => path.replace('.', 'cstransformer'))
    const code = `
      const [all, ...parts] = ${JSON.stringify(paths)}.map(path => require(path))
      console.log(parts.flatMap(part => Object.keys(part).filter(name => name in all && all[name] !== part[name])).join())
      console.log(parts.filter(part => Object.keys(part).length === 0).length)`
    expect(run('paths.cjs', code)).to.equal('\n0\n')
  })

  it('trains by its command, on the digits it brings', () => {
    const command = join(project, 'node_modules/cstransformer', manifest.bin.cstransformer)
    const flags = ['train', '--steps', '1', '--batch', '2', '--engine', 'ndarray', '--name', 'short', '--quiet']
    execFileSync(process.execPath, [command, ...flags], { cwd: project })
    expect(readdirSync(join(project, 'runs/short'))).to.include('last.safetensors')
  })

  it('trains on webasm without gpu.js, which says that it goes without', () => {
    const command = join(project, 'node_modules/cstransformer', manifest.bin.cstransformer)
    const flags = ['train', '--steps', '2', '--batch', '2', '--engine', 'gpu', '--mode', 'webasm', '--name', 'own']
    const said = execFileSync(process.execPath, [command, ...flags], { cwd: project, encoding: 'utf8' })
    expect(said).to.match(/engine +webasm without gpu\.js, our own SIMD/)
  })

  it('weighs at most 12 MB in at most 15 packages, and brings no package of the command', () => {
    const brought = dependencies()
    const own = weightOf(join(project, 'node_modules/cstransformer'))
    expect(1 + brought.length).to.be.at.most(15)
    expect(brought.reduce((sum, folder) => sum + weightOf(folder), own)).to.be.at.most(12 * 2 ** 20)
    expect(brought.filter(folder => /\/(zod|commander|protobufjs|cli-progress|d3-[a-z]+)$/.test(folder))).to.deep.equal(
      [],
    )
  })

  /** A script for pages, as esbuild makes it of a program in the project. */
  const bundled = (contents: string): Promise<BuildResult<{ write: false }>> =>
    build({
      stdin: { contents, resolveDir: project },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      splitting: true,
      outdir: 'out',
      write: false,
      logLevel: 'silent',
    })
  /** Kilobytes that a page loads at first, gzipped. */
  const kilobytes = async (contents: string): Promise<number> => {
    const { outputFiles, warnings } = await bundled(contents)
    expect(warnings).to.deep.equal([])
    const loaded = new Set<string>()
    const load = (name: string): void => {
      if (loaded.has(name)) return
      loaded.add(name)
      const { text } = outputFiles.find(({ path }) => path.endsWith(`/${name}`))!
      for (const [, other] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) load(other!)
    }
    load('stdin.js')
    const of = (name: string): number => gzipSync(outputFiles.find(({ path }) => path.endsWith(`/${name}`))!.contents).length // prettier-ignore
    return [...loaded].reduce((sum, name) => sum + of(name), 0) / 1000
  }

  it('costs a page 15 kB for two functions, 30 kB to train and predict, and 33 to load checkpoints of any system too, besides its engine', async () => {
    const two = `import { equation, softmax } from 'cstransformer'; console.log(equation, softmax)`
    const app = `
      import { digitsRecipe, initialParameters, predict, startState, train, variants } from 'cstransformer'
      console.log(digitsRecipe, initialParameters, predict, startState, train, variants)`
    expect(await kilobytes(two)).to.be.at.most(15)
    expect(await kilobytes(app)).to.be.at.most(30)
    const goesOn = `
      import { decodeCheckpoint, predict, train } from 'cstransformer'
      console.log(decodeCheckpoint, predict, train)`
    expect(await kilobytes(goesOn)).to.be.at.most(33)
  })

  itWhere(noChromium)('runs in a page: a checkpoint is fetched, predicts, and is trained on', async () => {
    const { outputFiles } = await bundled(pageProgram)
    const scripts = outputFiles.map(({ path, contents }) => [path.replace(/^.*\//, '/'), contents] as const)
    await runInPage(
      Object.fromEntries(scripts.sort(([a], [b]) => Number(b === '/stdin.js') - Number(a === '/stdin.js'))),
    )
  })

  it('says what to install before it can read videos, and then reads them in threads of its own', () => {
    const code = `
      const { viewClips } = require('cstransformer/video')
      const { openClipReader } = require('cstransformer/video/node')
      const main = async () => {
        const reader = openClipReader({ workers: 2 })
        for await (const { clip, problem } of reader.read(viewClips(${JSON.stringify(videoFile)}, { views: 2 })))
          console.log(problem ?? clip.shape.join())
        await reader.close()
      }
      main().catch(error => (console.log(error.name, error.message), process.exit()))`
    expect(run('without.cjs', code)).to.match(
      /^UserError reading video: must have the packages .*, got none that can be loaded .*: npm install .*mediabunny.*\n$/,
    )
    link(project, ['mediabunny', '@mediabunny/server', 'node-av'])
    expect(run('with.cjs', code)).to.equal('3,3,8,224,224\n3,3,8,224,224\n')
  })

  it('type-checks a strict program that has no other types', () => {
    const file = join(project, 'program.mts')
    writeFileSync(
      file,
      `import { positionEncoding, type Tensor } from 'cstransformer'
       import { full } from 'cstransformer/tensor'
       declare const V: Tensor<['B*T', 'P', 'C']>
       declare const Pt: Tensor<['T', '1', 'C']>
       export const V_0: Tensor<['B*T', '1+P', 'C']> = positionEncoding(full(0, [6, 1, 5]), V, full(0, [1, 5, 5]), Pt)
       // @ts-expect-error: the patches have three dimensions
       positionEncoding(full(0, [6, 1, 5]), Pt as unknown as Tensor<['T', 'C']>, full(0, [1, 5, 5]), Pt)`,
    )
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: [],
    }
    const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options))
    expect(ts.formatDiagnostics(found, host(project))).to.equal('')
  })
})

const host = (folder: string): ts.FormatDiagnosticsHost => ({
  getCurrentDirectory: () => folder,
  getCanonicalFileName: name => name,
  getNewLine: () => '\n',
})
