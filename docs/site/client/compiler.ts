/** The worker that compiles: TypeScript over the library's own declarations, with the library's own messages. */
import ts from 'typescript'

export interface Question {
  readonly id: number
  readonly code: string
  /** Where the declarations are: a file of paths and their texts. */
  readonly types: string
}
export interface Answer {
  readonly id: number
  readonly errors: readonly string[]
  readonly script: string
}

const FILE = '/examples/yours.ts'
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts'],
  strict: true,
  noUncheckedIndexedAccess: true,
  esModuleInterop: true,
  skipLibCheck: true,
  types: [],
  paths: { cstransformer: ['/lib/index.d.ts'], 'cstransformer/*': ['/lib/*/index.d.ts'] },
}

let files: Promise<ReadonlyMap<string, string>> | undefined
const load = async (address: string): Promise<ReadonlyMap<string, string>> => {
  const answer = await fetch(new URL(address, new URL('..', self.location.href)))
  if (!answer.ok) throw new Error(`the library's declarations must be at ${address}, got ${answer.status}`)
  return new Map(Object.entries((await answer.json()) as Record<string, string>))
}

const compile = (code: string, known: ReadonlyMap<string, string>): Omit<Answer, 'id'> => {
  const read = (path: string): string | undefined => (path === FILE ? code : known.get(path))
  const folders = new Set(
    [...known.keys()].flatMap(path => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))),
  )
  const host: ts.CompilerHost = {
    getSourceFile: (path, version) => {
      const text = read(path)
      return text === undefined ? undefined : ts.createSourceFile(path, text, version)
    },
    getDefaultLibFileName: () => '/typescript/lib.es2022.d.ts',
    getDefaultLibLocation: () => '/typescript',
    fileExists: path => read(path) !== undefined,
    readFile: read,
    directoryExists: path => folders.has(path.replace(/\/$/, '')),
    getDirectories: () => [],
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: path => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
  }
  const program = ts.createProgram([FILE, '/console.d.ts'], options, host)
  const source = program.getSourceFile(FILE)
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  const errors = found.map(({ messageText, start = 0 }) => {
    const { line, character } = source!.getLineAndCharacterOfPosition(start)
    return `line ${line + 1}, column ${character + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n  ')}`
  })
  const { outputText } = ts.transpileModule(code, { compilerOptions: options })
  return { errors, script: outputText }
}

self.onmessage = async ({ data }: MessageEvent<Question>) => {
  const { id, code, types } = data
  try {
    self.postMessage({ id, ...compile(code, await (files ??= load(types))) } satisfies Answer)
  } catch (error) {
    files = undefined
    self.postMessage({ id, errors: [(error as Error).message], script: '' } satisfies Answer)
  }
}
