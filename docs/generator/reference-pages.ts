/** The pages of every public name, by TypeDoc from the docstrings. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Page } from './equation-pages'
import { anchor, linkDecisions } from './links'
import { read, root } from './source'

const FOLDER = 'docs/reference'

/** What TypeDoc writes of our docstrings, in the form that the other pages have. */
const tidied = (page: string): string =>
  page
    // Parameters of an equation, which TypeDoc knows as a constant.
    .replace(
      /#### Param\n\n\*\*(.+?)\*\*\n\n([\s\S]*?)\n\n/g,
      (_, name: string, text: string) =>
        `- \`${name.replace(/\\/g, '')}\`: ${text.replace(/\n +(?!Source:)/g, ' ')}\n\n`,
    )
    .replace(/^#### (Returns|Throws)\n\n(?=[a-zA-Z])/gm, '$1 ')
    .replace(/\n Source: ([^\n]*)/g, '\n\nIn the paper: $1')
    .replace(/^ \$\$(.*)\$\$$/gm, '\n```math\n$1\n```\n')
    .replace(/^ (?=\S)/gm, '')
    // How an error is made is JavaScript's.
    .replace(/#### Constructors\n[\s\S]*?(?=\n\*\*\*\n|\n## |$(?![\s\S]))/g, '')
    // A page changes when what it says does, not when a line moves.
    .replace(/^Defined in: \[(.*?):\d+\]/gm, 'In [lib/$1]')
    .replace(/(?<=\n- `[^\n]*)\n\n(?=- `)/g, '\n')
    // A primitive without parameters of its own.
    .replace(/\\<`object`\\>/g, '')
    .replace(/\n{3,}/g, '\n\n')

/** Every equation with a link to its page. */
const linked = (page: string, equations: readonly Page[]): string =>
  equations.reduce(
    (text, { path, equations: own }) =>
      own.reduce(
        (t, { name, equation: { title } }) =>
          t.replace(
            new RegExp(`^### ${name}\\n`, 'm'),
            found => `${found}\n[${title}](${path.replace('docs/', '../')}#${anchor(title)})\n`,
          ),
        text,
      ),
    page,
  )

/** What the constants of a folder are. */
const constantsOf: Readonly<Record<string, string>> = {
  paper: 'Equations',
  systems: 'Equations',
  primitives: 'Operations',
}

/** The groups of a page with their names, each a link: what stands before them all. */
const indexed = (page: string, module: string): string => {
  const named = page.replace(/^## Variables$/m, `## ${constantsOf[module] ?? 'Constants'}`)
  const groups = named
    .split(/^## /m)
    .slice(1)
    .map(part => {
      const names = Array.from(
        part.matchAll(/^### (?:~~)?([\w$]+)/gm),
        ([, name]) => `[${name!}](#${name!.toLowerCase()})`,
      )
      return `- **${part.slice(0, part.indexOf('\n'))}**: ${names.join(' · ')}`
    })
  return named.replace(/^## /m, `${groups.join('\n')}\n\n## `)
}

/** What the first docstring of a folder says. */
const about = (folder: string): string => {
  const [, text] = /^\/\*\* ([\s\S]*?)\*\//.exec(read(`lib/${folder}/index.ts`)) ?? []
  return (text ?? '').replace(/\s*\n \*\s*/g, ' ').trim()
}

/** The folders that the package exports. */
const FOLDERS = Object.keys((JSON.parse(read('package.json')) as { exports: object }).exports).flatMap(
  path => /^\.\/(\w+)$/.exec(path)?.[1] ?? [],
)
const indexPage = `${[
  '# Reference',
  'Every public name, from its docstring: what it is, its shapes, what it throws, and the file that it is in. `cstransformer/tensor` and so on export those of one folder; `cstransformer` the ones that a reader of the paper asks for by name, at most 150.',
  FOLDERS.map(folder => `- [${folder}](${folder}.md): ${about(folder)}`).join('\n'),
].join('\n\n')}\n`

/** @param equations the pages of the equations
 *  @returns the pages by their paths, and the public names that no docstring tells of */
export const referencePages = (
  equations: readonly Page[],
): { readonly files: ReadonlyMap<string, string>; readonly problems: readonly string[] } => {
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-reference-'))
  try {
    const typedoc = join(dirname(require.resolve('typedoc/package.json')), 'bin/typedoc')
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [typedoc, '--options', join(root, 'docs/typedoc.json'), '--out', folder, '--skipErrorChecking'],
      { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    )
    if (status !== 0) throw new Error(`TypeDoc cannot read the code: ${stdout}${stderr}`)
    const says = `${stdout}${stderr}`.split('\n')
    const files = readdirSync(folder).map(name => {
      const path = `${FOLDER}/${name}`
      if (name === 'README.md') return [path, indexPage] as const
      const module = name.replace('.md', '')
      const page = tidied(readFileSync(join(folder, name), 'utf8')).replace(
        /^# .*\n/,
        `# cstransformer/${module}\n\n[all folders](README.md)\n\n${about(module)}\n`,
      )
      const whole = indexed(name === 'paper.md' ? linked(page, equations) : page, module)
      return [path, linkDecisions(path, whole)] as const
    })
    const lacking = says.flatMap(line => {
      const [, name, kind, path] = /(\S+) \((\w+)\), defined in (?:\w+\/)?(\S+), does not have any doc/.exec(line) ?? []
      return name && !['Property', 'TypeParameter'].includes(kind!) ? [`${path}: ${name} has no docstring`] : []
    })
    return { files: new Map(files), problems: lacking }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
