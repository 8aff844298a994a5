/** Code as an editor shows it: every name with its type, from the compiler itself. */
import { join } from 'node:path'
import ts from 'typescript'
import { entities } from '../../lib/format/svg'
import { constants, root } from '../generator/source'
import type { Page } from './contents'

/** The compiler over the whole library, asked as an editor asks it. */
const service = (): ts.LanguageService => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const parsed = ts.parseJsonConfigFileContent({ ...config, include: ['lib'] }, ts.sys, root)
  const options = {
    ...parsed.options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: '/',
    rootDir: root,
  }
  const files = ['lib/index.ts', 'lib/ablation/statistics.ts']
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => files.map(file => join(root, file)),
    getScriptVersion: () => '1',
    getScriptSnapshot: path => {
      const text = ts.sys.readFile(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  })
}
let kept: ts.LanguageService | undefined

/** What the compiler finds wrong in a file, in one line each. */
const problems = (path: string): readonly string[] =>
  [...(kept ??= service()).getSemanticDiagnostics(path), ...kept.getSyntacticDiagnostics(path)].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, ' '),
  )

/** The type of a name at a place, as a hover shows it. */
const typeAt = (path: string, position: number): string => {
  const parts = (kept ??= service()).getQuickInfoAtPosition(path, position)?.displayParts ?? []
  const text = parts.map(part => part.text).join('')
  return text.length > 700 ? `${text.slice(0, 700)} …` : text
}

/** The declarations of every module of the library, by their paths from its root. */
export const declarationsOfLibrary = (): ReadonlyMap<string, string> => {
  const compiler = (kept ??= service())
  const own = join(root, 'lib')
  const files = compiler.getProgram()!.getSourceFiles().filter(({ fileName }) => fileName.startsWith(own)) // prettier-ignore
  const made = files.flatMap(({ fileName }) => compiler.getEmitOutput(fileName, true, true).outputFiles)
  return new Map(made.map(({ name, text }) => [name.replace(/^.*?\/lib\//, '/lib/'), text]))
}

/** What stands between tokens: blanks and comments. */
const comments = (text: string): string =>
  text.replace(/\/\/.*|[^/]+|\//g, part =>
    part.startsWith('//') ? `<span class="comment">${entities(part)}</span>` : entities(part),
  )

/** A constant of a file as HTML: its names have types, and the symbols of a page are marked. Fails where the file has errors.
 *  @param name the exported constant */
export const code = (file: string, name: string, symbols: Page['symbols']): string => {
  const path = join(root, file)
  const wrong = problems(path)
  if (wrong.length > 0) throw new Error(`${file}: ${wrong.join('; ')}`)
  const found = constants(file).find(constant => constant.name === name)
  if (!found) throw new Error(`${file} must export ${name}`)
  const symbolOf = new Map(Object.entries(symbols).flatMap(([key, { code: names = [key] }]) => names.map(n => [n, key]))) // prettier-ignore
  const mark = (text: string, type?: string): string => {
    const key = symbolOf.get(text)
    const attributes = [key && `data-k="${key}"`, type && `data-type="${entities(type)}"`].filter(Boolean).join(' ')
    return attributes ? `<span ${attributes}>${entities(text)}</span>` : entities(text)
  }
  /** In a signature, names stand before brackets. */
  const signature = (text: string): string =>
    text.replace(/[A-Za-z_][\w']*(?=\[|\{|\b)|[^A-Za-z_]+/g, part =>
      symbolOf.has(part) ? mark(part) : entities(part).replace('-&gt;', '<span class="nb">-&gt;</span>'),
    )

  const tree = found.node.getSourceFile()
  const source = tree.text
  const pieces: string[] = []
  let at = found.node.getStart()
  const visit = (node: ts.Node): void => {
    // The docstring is told beside the code.
    const children = node.getChildren(tree).filter(child => !ts.isJSDoc(child))
    if (children.length > 0) return children.forEach(visit)
    const [start, end] = [node.getStart(tree), node.getEnd()]
    if (start === end) return
    pieces.push(comments(source.slice(at, start)))
    at = end
    const text = source.slice(start, end)
    if (ts.isIdentifier(node)) pieces.push(mark(text, typeAt(path, start)))
    else if (ts.isStringLiteralLike(node)) pieces.push(`<span class="string">${signature(text)}</span>`)
    else if (node.kind >= ts.SyntaxKind.FirstKeyword && node.kind <= ts.SyntaxKind.LastKeyword)
      pieces.push(`<span class="keyword">${text}</span>`)
    else pieces.push(entities(text))
  }
  visit(found.node)
  return `<div class="code"><pre tabindex="0" aria-label="${name}, TypeScript"><code>${pieces.join('')}</code></pre><p class="file">${file}</p></div>`
}
