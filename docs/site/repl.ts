/** The page of the REPL: the programs that the documentation shows, and what the compiler in the browser knows. */
import { dirname, join } from 'node:path'
import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { entities } from '../../lib/format/svg'
import { snippets } from '../generator/snippets'
import { declarationsOfLibrary } from './code'
import { filesIn, read, root } from '../generator/source'

interface Program {
  readonly name: string
  readonly code: string
}

/** The snippets of README and documentation, and the numbered examples. */
const programs = (): readonly Program[] => {
  const pages = [
    'README.md',
    ...readdirSync(join(root, 'docs')).flatMap(name => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ]
  const shown = pages.flatMap(path =>
    snippets(path, read(path), 'ts').map(({ code }, i) => ({ name: `${path}, ${i + 1}`, code })),
  )
  const examples = filesIn('examples')
    .filter(path => /^examples\/\d/.test(path))
    .map(path => ({ name: path, code: read(path) }))
  return [...examples, ...shown]
}

export const replPage = (): string => {
  const all = programs()
  const json = JSON.stringify(all).replace(/</g, '\\u003c')
  return `<div class="repl"><h1>Try the code</h1>
<p>Every program of README, documentation and examples, to be run and changed here. The compiler is loaded when it is first asked; a wrong shape is an error of types, in the library's own words. A program may run for 5 seconds.</p>
<noscript><p>To run them here takes JavaScript; <code>npx ts-node -T examples/02-one-attention-head.ts</code> does without a browser.</p></noscript>
<div id="workbench" hidden><p class="bar"><label>Program <select id="snippet">${all.map(({ name }, i) => `<option value="${i}">${entities(name)}</option>`).join('')}</select></label>
<button type="button" id="run">Run</button> <small>Ctrl + Enter</small></p>
<label class="unseen" for="code">Program text</label><textarea id="code" spellcheck="false" autocapitalize="off" autocomplete="off" rows="24">${entities(all[0]!.code)}</textarea>
<div id="output" role="log" aria-label="What it prints" tabindex="0"></div></div>
<script type="application/json" id="snippets">${json}</script></div>`
}

/** The declarations of the library and of what it takes from others, and TypeScript's own, by their paths in the browser. */
export const declarations = (): Readonly<Record<string, string>> => {
  const made = Object.fromEntries(declarationsOfLibrary())
  const own = dirname(ts.getDefaultLibFilePath({}))
  for (const name of readdirSync(own))
    if (/^lib\.(es5|es20(1\d|2[0-2])|decorators)(\..*)?\.d\.ts$/.test(name))
      made[`/typescript/${name}`] = readFileSync(join(own, name), 'utf8')
  made['/node_modules/ndarray/index.d.ts'] = read('node_modules/@types/ndarray/index.d.ts')
  made['/console.d.ts'] = 'declare const console: { readonly log: (...values: readonly unknown[]) => void }\n'
  return made
}
