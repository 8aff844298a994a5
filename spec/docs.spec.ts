/** The documentation is what the code says, its snippets run, and its commands exist. */
import { expect } from 'chai'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { format } from 'node:util'
import ts from 'typescript'
import { baseline, variants } from '../lib'
import { figure } from '../docs/figure'
import { problems, render } from '../docs/generate'
import { decisionProblems } from '../docs/generator/decisions-page'
import { run as cstransformer } from '../lib/cli/program'
import { promised, quoted, type Snippet, snippets } from '../docs/generator/snippets'

const root = resolve(__dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = [
  ...readdirSync(root).filter(name => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).flatMap(name => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
/** The blocks of the walks in CONTRIBUTING.md are files, and have a test of their own. */
const found = (language: string): readonly Snippet[] =>
  pages
    .filter(path => language !== 'ts' || path !== 'CONTRIBUTING.md')
    .flatMap(path => snippets(path, read(path), language))

const require_ = createRequire(__filename)
/** Where the package's own names lead, in this repository. */
const own = (name: string): string => join(root, name.replace(/^cstransformer\/?/, 'lib/'))

/** Runs a snippet as a module, and lists the lines that it prints. */
const run = (code: string): readonly string[] => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  const lines: string[] = []
  const console = { log: (...values: unknown[]) => lines.push(...format(...values).split('\n')) }
  const load = (name: string): unknown => require_(/^cstransformer(\/|$)/.test(name) ? own(name) : name)
  new Function('require', 'exports', 'console', outputText)(load, {}, console)
  return lines
}

/** Type-checks programs that lie in memory only, all at once.
 *  @returns for each, what the compiler says of it */
const diagnose = (programs: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost({ ...options, noEmit: true })
  const files = new Map([...programs].map(([path, code]) => [join(root, path), code]))
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, noEmit: true, paths: { cstransformer: ['./lib/index.ts'], 'cstransformer/*': ['./lib/*/index.ts'] } },
    {
      ...host,
      fileExists: path => files.has(path) || host.fileExists(path),
      readFile: path => files.get(path) ?? host.readFile(path),
      getSourceFile: (path, ...rest) =>
        files.has(path)
          ? ts.createSourceFile(path, files.get(path)!, ts.ScriptTarget.ES2022)
          : host.getSourceFile(path, ...rest),
    },
  )
  const says = (path: string): string => {
    const source = program.getSourceFile(path)
    const all = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return all.map(d => ts.flattenDiagnosticMessageText(d.messageText, '\n')).join('\n')
  }
  return new Map([...programs.keys()].map(path => [path, says(join(root, path))]))
}

describe('The documentation', function () {
  this.timeout(120_000)

  describe('that follows from the code', () => {
    const rendered = render()

    it('is up to date, and every decision has its functions and its tests', () =>
      expect(problems(rendered), 'npm run docs').to.deep.equal([]))

    it('is noticed where it is stale or missing', () => {
      const [path, text] = [...rendered][0]!
      expect(problems(new Map([...rendered, [path, `${text}!`]]))).to.include(`${path} is stale`)
      const empty = mkdtempSync(join(tmpdir(), 'cstransformer-'))
      expect(problems(rendered, empty)).to.have.lengthOf(rendered.size)
      rmSync(empty, { recursive: true })
    })

    it('is the same text whenever it is made', () => expect(render()).to.deep.equal(rendered))

    it('names a decision whose function or test is gone', () => {
      const page = '## D99. Nothing\n\nCode: [`nobody`](../lib/paper/head.ts)\n\nTests:\n\n- none yet\n'
      expect(decisionProblems(page)).to.deep.equal([
        'docs/decisions.md: D99 names `nobody`, which lib/paper/head.ts does not export',
        'docs/decisions.md: no test has D99 in its title',
      ])
    })

    it('draws what a configuration has, and nothing else', () => {
      const { digits } = variants
      const texts = (svg: string): string =>
        svg.replace(/<style>[\s\S]*?<\/style>|<[^>]*>|\u200b|&#8203;/g, ' ').replace(/ +/g, '')
      for (const part of ['CSSA', 'α2A1', 'α4A3', 'A0=0', 'FAM', 'LN(β3V3)', 'V4', 'Head'])
        expect(texts(figure(digits))).to.include(part)
      expect(texts(figure(digits))).to.not.include('α3')
      for (const part of ['CSSA', 'α', 'A0=0', 'FAM', 'β']) expect(texts(figure(baseline(digits)))).to.not.include(part)
    })

    it('has links that lead somewhere, and no path of one machine', () => {
      const reference = readdirSync(join(root, 'docs/reference')).map(name => `docs/reference/${name}`)
      const texts = [...rendered, ...[...pages, ...reference].map(path => [path, read(path)] as const)]
      for (const [path, text] of texts) {
        const links = Array.from(text.matchAll(/\]\(([^)#\s]+)[^)\s]*\)/g), ([, link]) => link!)
        const local = links.filter(link => !/^[a-z]+:/.test(link))
        expect(
          local.filter(link => !existsSync(join(root, dirname(path), link))),
          path,
        ).to.deep.equal([])
        expect(text).to.not.match(/(?:\/home|\/root|\/tmp|\/Users|\/work)\//)
      }
    })
  })

  describe('in its code blocks', () => {
    const blocks = new Map(found('ts').map(({ path, line, code }) => [`${path}, line ${line}`, code]))
    const examples = readdirSync(join(root, 'examples')).filter(name => name.endsWith('.ts'))
    /** Programs that quote the compiler. */
    const quoting = new Map(
      [...blocks, ...examples.map(name => [`examples/${name}`, read(`examples/${name}`)] as const)].filter(([, code]) =>
        code.includes('@ts-expect-error'),
      ),
    )
    /** Where the compiler looks for them, beside the examples; and the same, not told to expect an error. */
    const [right, wrong] = [blocks, quoting].map(
      (programs, k) => new Map([...programs.keys()].map((name, i) => [name, `examples/${k}-${i}.ts`])),
    ) as [Map<string, string>, Map<string, string>]
    let says: ReadonlyMap<string, string>

    before(() => {
      const asTheyAre = [...blocks].map(([name, code]) => [right.get(name)!, code] as const)
      const mistaken = [...quoting].map(
        ([name, code]) => [wrong.get(name)!, code.replace('@ts-expect-error', '')] as const,
      )
      says = diagnose(new Map([...asTheyAre, ...mistaken]))
    })

    it('are there', () => expect(blocks.size).to.be.above(8))

    for (const [name, code] of blocks)
      it(`is right in ${name}`, () => {
        expect(says.get(right.get(name)!), 'the compiler').to.equal('')
        expect(run(code), 'what it prints').to.deep.equal(promised(code))
      })

    for (const [name, code] of quoting)
      it(`quotes the compiler in ${name}`, () => {
        expect(says.get(wrong.get(name)!)).to.include(quoted(code)!)
      })
  })

  describe('in its commands', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))
    const commands = found('sh').flatMap(({ code }) =>
      code
        .replace(/\\\n\s*/g, '')
        .split(/\n|&&/)
        .map(line => line.replace(/#.*/, '').trim()),
    )
    /** The help of a command of `cstransformer`. */
    const help = async (command: string): Promise<string> => {
      const out = new PassThrough()
      const code = await cstransformer([command, '--help'], { out, err: out })
      expect(code, command).to.equal(0)
      return String(out.read())
    }

    for (const command of new Set(commands.filter(Boolean)))
      it(`has \`${command}\``, async () => {
        const [program, first = '', ...rest] = command.split(/\s+/)
        expect(program).to.be.oneOf(['npm', 'npx', 'node', 'git', 'cd', 'cstransformer'])
        if (program === 'npm' && !['ci', 'install'].includes(first))
          expect(scripts).to.have.property(first === 'run' ? rest[0]! : first)
        const [script, , subcommand = ''] = rest
        const own = command.startsWith('npm start') ? 'train' : script === 'cstransformer' ? subcommand : ''
        if (!own) return
        const text = await help(own)
        for (const flag of command.match(/(?<= )--[\w-]+/g) ?? []) expect(text).to.include(flag)
      })

    it('are there', () => expect(commands).to.include('npm run docs'))
  })
})
