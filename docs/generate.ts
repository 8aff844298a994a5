/** Writes the documentation that follows from the code: `npm run docs`. With `--check` it writes nothing, and lists the
 *  files that are stale, the decisions that miss a function or a test, and the public names without a docstring:
 *  `npm run docs:check`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { variants } from '../lib'
import { figure } from './figure'
import { decisionProblems, decisionsPage, decisionsPath } from './generator/decisions-page'
import { equationPage, pages } from './generator/equation-pages'
import { withUprightWords } from './generator/formula'
import { house, housePath } from './generator/house'
import { indexPage } from './generator/index-page'
import { linkDecisions } from './generator/links'
import { atSystems, atV2 } from './generator/network-at-v2'
import { networkPage, networkPath } from './generator/network-page'
import { primitivesPage } from './generator/primitives-page'
import { referencePages } from './generator/reference-pages'
import { root, specsByName } from './generator/source'
import { systemPages } from './generator/system-pages'

/** Every generated file and its text. */
export const render = (): ReadonlyMap<string, string> => {
  const at = atV2()
  const specs = specsByName()
  const all = pages()
  const linked = (path: string, text: string) => [path, withUprightWords(linkDecisions(path, text))] as const
  return new Map([
    ['docs/README.md', indexPage(all, at)],
    ...all.map((page, i) => linked(page.path, equationPage(page, [all[i - 1], all[i + 1]], at, specs))),
    linked(networkPath, networkPage()),
    ...[...systemPages(atSystems(), specs)].map(([path, text]) => linked(path, text)),
    linked('docs/primitives.md', primitivesPage()),
    [decisionsPath, decisionsPage()],
    ['docs/network.svg', figure(variants.V2)],
  ])
}

/** What is wrong with the documentation in a folder: files that are missing or differ, and decisions without their due. */
export const problems = (rendered: ReadonlyMap<string, string>, folder = root): readonly string[] => {
  const current = (path: string): string | undefined =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined
  const stale = [...rendered].filter(([path, text]) => current(path) !== text).map(([path]) => `${path} is stale`)
  return [...stale, ...decisionProblems(rendered.get(decisionsPath)!)]
}

const write = (rendered: ReadonlyMap<string, string>): void => {
  for (const [path, text] of rendered) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** Everything, or with --house the picture of the house alone. */
const main = async (): Promise<void> => {
  if (process.argv.includes('--house')) return write(new Map([[housePath, await house()]]))
  const reference = referencePages(pages())
  const files = [...reference.files].map(([path, text]) => [path, withUprightWords(text)] as const)
  const rendered = new Map([...render(), ...files, [housePath, await house()] as const])
  const check = process.argv.includes('--check')
  if (!check) write(rendered)
  const found = [...problems(rendered), ...reference.problems]
  if (check && found.length > 0) process.exitCode = 1
  found.forEach(problem => console.error(problem))
}

if (require.main === module) void main()
