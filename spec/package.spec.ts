import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import ts from 'typescript'

const root = resolve(__dirname, '..')
interface Manifest {
  readonly bin: { readonly cstransformer: string }
  readonly dependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}
const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const layers = Object.keys(manifest.exports).filter(path => path !== './package.json')

/** The file that `npm publish` would send, packed as a person packs it: built from `lib/` as it stands. */
const pack = (folder: string): string => {
  const args = ['pack', '--offline', '--pack-destination', folder]
  const npm = spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  expect(npm.status, `npm pack said ${npm.stdout}${npm.stderr}`).to.equal(0)
  return join(
    folder,
    readdirSync(folder).find(name => name.endsWith('.tgz'))!,
  )
}

/** A project that has the package and its declared dependencies, and nothing else of ours. */
const install = (tarball: string, project: string): void => {
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'cstransformer'), { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'cstransformer'), '--strip-components=1'])
  link(project, Object.keys(manifest.dependencies))
}

const link = (project: string, packages: readonly string[]): void => {
  for (const name of packages) {
    const path = join(project, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), path, 'junction')
  }
}

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

  before(() => {
    tarball = pack(folder)
    install(tarball, project)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(project, 'node_modules/cstransformer'), pack: false })
    expect(messages.map(message => formatMessage(message, pkg))).to.deep.equal([])
  })

  it('has types that are right in every module resolution (arethetypeswrong)', async () => {
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))))
    expect(result).to.have.property('problems').that.deep.equals([])
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
    expect(readdirSync(join(project, 'runs/short'))).to.include('parameters.safetensors')
  })

  it('says what to install before it can read videos, and then reads them in threads of its own', () => {
    const code = `
      const { openClipReader, viewClips } = require('cstransformer/video')
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
       export const V_0: Tensor<['B*T', '1+P', 'C']> = positionEncoding(full(0, [1]), V, full(0, [1]), Pt)
       // @ts-expect-error: the patches have three dimensions
       positionEncoding(full(0, [1]), Pt as unknown as Tensor<['T', 'C']>, full(0, [1]), Pt)`,
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
