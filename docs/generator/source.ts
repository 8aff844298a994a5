/** What the documentation takes from source files: exported constants, their docstrings and their code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

export const root = resolve(__dirname, '../..')
export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A docstring, its parts as Markdown. */
export interface Docstring {
  /** What stands before the first tag, formulas included. */
  readonly text: string
  readonly params: readonly (readonly [name: string, text: string])[]
  readonly returns?: string | undefined
  readonly throws?: string | undefined
  /** Where in the paper it stands. */
  readonly source?: string | undefined
}

/** An exported constant, or a field of an exported interface. */
export interface Documented {
  readonly name: string
  readonly docs: Docstring
  /** Without the docstring. */
  readonly code: string
  readonly node: ts.Node
}

export const syntax = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)

/** A formula that stands on lines of its own becomes a block, which GitHub sets without reading Markdown into it. */
const formulas = (text: string): string =>
  text.replace(/^\$\$([\s\S]*?)\$\$$/gm, (_, formula: string) => `\n\`\`\`math\n${formula}\n\`\`\`\n`)

const parseDocstring = (comment: string): Docstring => {
  const lines = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map(line => line.trim().replace(/^\* ?/, '').trim())
  const parts: string[][] = [[]]
  for (const line of lines) {
    if (/^(@\w+|Source:)/.test(line)) parts.push([])
    parts.at(-1)!.push(line)
  }
  const [text, ...tags] = parts.map(part => part.join('\n').trim())
  const tag = (name: string): string | undefined =>
    tags
      .find(t => t.startsWith(name))
      ?.slice(name.length)
      .replace(/\s+/g, ' ')
      .trim()
  const params = tags.flatMap(t => {
    const [, name, meaning] = /^@param (\S+)\s+([\s\S]*)$/.exec(t) ?? []
    return name && meaning ? [[name, meaning.replace(/\s+/g, ' ')] as const] : []
  })
  return {
    text: formulas(text!)
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
    params,
    returns: tag('@returns'),
    throws: tag('@throws'),
    source: tag('Source:'),
  }
}

const docstringOf = (node: ts.Node): Docstring =>
  parseDocstring(ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.getText() ?? '')

const boundNames = (name: ts.BindingName): readonly string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap(element => (ts.isBindingElement(element) ? boundNames(element.name) : []))

/** The exported constants of a file, or its private ones, in its order. */
export const constants = (path: string, which: 'exported' | 'private' = 'exported'): readonly Documented[] =>
  syntax(path).statements.flatMap(node =>
    ts.isVariableStatement(node) &&
    (which === 'exported') === !!node.modifiers?.some(m => m.kind === ts.SyntaxKind.ExportKeyword)
      ? node.declarationList.declarations
          .flatMap(declaration => boundNames(declaration.name))
          .map(name => ({ name, docs: docstringOf(node), code: node.getText(), node }))
      : [],
  )

/** The fields of an exported interface, in its order. */
export const fields = (path: string, name: string): readonly Documented[] =>
  syntax(path).statements.flatMap(node =>
    ts.isInterfaceDeclaration(node) && node.name.text === name
      ? node.members.map(member => ({
          name: member.name!.getText(),
          docs: docstringOf(member),
          code: member.getText(),
          node: member,
        }))
      : [],
  )

/** The first node below another that a test picks. */
export const find = <N extends ts.Node>(node: ts.Node, picks: (n: ts.Node) => n is N): N | undefined =>
  picks(node) ? node : ts.forEachChild(node, child => find(child, picks))

/** Every TypeScript file in a folder and those below it, sorted. */
export const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(name => name.endsWith('.ts'))
    .sort()

/** For each name, the files in `spec/` that import it, or that list it among the laws. */
export const specsByName = (): ReadonlyMap<string, readonly string[]> => {
  const specs = new Map<string, string[]>()
  for (const path of filesIn('spec')) {
    const names = new Set<string>()
    const visit = (node: ts.Node): void => {
      if (ts.isImportSpecifier(node)) names.add((node.propertyName ?? node.name).text)
      else if (path.startsWith('spec/laws/') && ts.isPropertyAssignment(node) && ts.isIdentifier(node.name))
        names.add(node.name.text)
      ts.forEachChild(node, visit)
    }
    visit(syntax(path))
    for (const name of names) specs.set(name, [...(specs.get(name) ?? []), path])
  }
  return specs
}
