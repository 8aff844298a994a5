/** The page of decisions is written by hand; the titles of its tests are filled in, and its functions looked up. */
import ts from 'typescript'
import { constants, filesIn, read, syntax } from './source'

export const decisionsPath = 'docs/decisions.md'
const NONE = '- none yet'

interface Test {
  readonly kind: string
  readonly link: string
}

/** The tests that name a decision in their titles. Of a title with values in it, what stands before the first. */
const testsByDecision = (): ReadonlyMap<string, readonly Test[]> => {
  const tests = new Map<string, Test[]>()
  for (const path of filesIn('spec').filter(name => name.endsWith('.spec.ts'))) {
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ['it', 'describe'].includes(node.expression.getText())) {
        const title = node.arguments[0]
        const text =
          title && ts.isStringLiteralLike(title)
            ? title.text
            : title && ts.isTemplateExpression(title)
              ? `${title.head.text.replace(/[\s,:]*$/, '')} …`
              : ''
        const link = `[${text.replace(/[[\]\\`]/g, '\\$&')}](../${path})`
        for (const decision of new Set(text.match(/\bD\d+\b/g)))
          tests.set(decision, [...(tests.get(decision) ?? []), { kind: node.expression.getText(), link }])
      }
      ts.forEachChild(node, visit)
    }
    visit(syntax(path))
  }
  return tests
}

/** The tests as a list; a group of tests counts where none in it says more. */
const list = (tests: readonly Test[]): string => {
  const single = tests.filter(t => t.kind === 'it')
  const links = (single.length ? single : tests).map(t => `- ${t.link}`)
  return [...new Set(links)].join('\n')
}

/** The sections of the page: a heading, and what is below it. */
const sections = (page: string): readonly string[] => page.split(/^(?=## )/m)
const decisionOf = (section: string): string => /^## (D\d+)\./.exec(section)?.[1] ?? ''

export const decisionsPage = (): string => {
  const tests = testsByDecision()
  return sections(read(decisionsPath))
    .map(section =>
      section.replace(/^Tests:[\s\S]*/m, () => `Tests:\n\n${list(tests.get(decisionOf(section)) ?? []) || NONE}\n\n`),
    )
    .join('')
    .replace(/\n*$/, '\n')
}

/** What is wrong with a page of decisions: a function that its file does not export, a decision with code and no test. */
export const decisionProblems = (page: string): readonly string[] =>
  sections(page).flatMap(section => {
    const decision = decisionOf(section)
    if (!decision) return []
    const code = /^Code: (.*)$/m.exec(section)?.[1] ?? ''
    const missing = Array.from(code.matchAll(/\[`(\w+)`\]\(\.\.\/([^)]+)\)/g)).flatMap(([, name, path]) =>
      exists(path!) && constants(path!).some(c => c.name === name)
        ? []
        : [`${decisionsPath}: ${decision} names \`${name}\`, which ${path} does not export`],
    )
    const later = /\byet\b|\bcome with\b/.test(code)
    const untested = !later && section.includes(NONE)
    return [...missing, ...(untested ? [`${decisionsPath}: no test has ${decision} in its title`] : [])]
  })
const exists = (path: string): boolean => {
  try {
    return read(path).length > 0
  } catch {
    return false
  }
}
