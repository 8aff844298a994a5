/** Pages as HTML: our telling, the formulas and code of its equations, and its figures as they are before anything is chosen. */
import { Marked, type Tokens } from 'marked'
import { entities } from '../../lib/format/svg'
import { pages as equationPages } from '../generator/equation-pages'
import { constants, read } from '../generator/source'
import { code } from './code'
import { contents, type Page } from './contents'
import { type Control, type Model } from './figures/figure'
import { type FigureName, figures } from './figures'
import { formula } from './formula'
import { glossaryOf, written } from './glossary'

/** Letters with something below them, in prose: A_{i−1}, P_t. */
const lowered = (text: string): string =>
  text.replace(
    /(?<![\w.])([A-Za-zαβ])_(\{[^}]+\}|[A-Za-z0-9]+)/g,
    (_, letter: string, below: string) => `${letter}<sub>${below.replace(/[{}]/g, '')}</sub>`,
  )

/** Markdown with symbols, `[words]{symbol}`, and formulas. */
const markdown = (text: string, { symbols }: Page): string => {
  const marked = new Marked({
    renderer: {
      code({ text: tex, lang }: Tokens.Code) {
        if (lang === 'math') return `<div class="formula" tabindex="0">${formula(tex, symbols, true)}</div>`
        return `<pre tabindex="0"><code>${entities(tex)}</code></pre>`
      },
      text(token) {
        return 'tokens' in token && token.tokens ? this.parser.parseInline(token.tokens) : lowered(token.text)
      },
      blockquote({ tokens }: Tokens.Blockquote) {
        return `<div class="note">${this.parser.parse(tokens)}</div>`
      },
    },
    extensions: [
      {
        name: 'symbol',
        level: 'inline',
        start: src => /\[[^\]]+\]\{/.exec(src)?.index,
        tokenizer: src => {
          const [raw, words, key] = /^\[([^\]]+)\]\{(\w+)\}/.exec(src) ?? []
          return raw ? { type: 'symbol', raw, words, key } : undefined
        },
        renderer: ({ words, key }) => {
          if (!(String(key) in symbols)) throw new Error(`a page names the symbol '${key}', which it does not have`)
          return `<a class="k" href="#sym-${key}" data-k="${key}">${written(String(words))}</a>`
        },
      },
    ],
  })
  return marked.parse(text, { async: false }).replace(/<!--.*?-->/gs, '')
}

/** A docstring's text: its formulas, and the sentences between them. */
const documented = (name: string) => {
  for (const page of equationPages()) {
    const found = page.equations.find(e => e.name === name)
    if (found) return { ...found, file: page.source }
  }
  throw new Error(`'${name}' must be an equation of the paper`)
}
const equation = (name: string, page: Page, level: number): string => {
  const { docs, equation: { title }, file } = documented(name) // prettier-ignore
  return `<section class="equation" id="${name}"><h${level}>${entities(title)}</h${level}>${markdown(docs.text, page)}${code(file, name, page.symbols)}</section>`
}
const listing = (file: string, name: string, page: Page, level: number): string => {
  const found = constants(file).find(c => c.name === name)
  const text = (found?.docs.text ?? '').replace(/\$\$([\s\S]*?)\$\$/g, '\n```math\n$1\n```\n')
  return `<section class="equation" id="${name}"><h${level}><code>${name}</code></h${level}>${markdown(text, page)}${code(file, name, page.symbols)}</section>`
}

const control = (id: string, c: Control, value: number): string => {
  const at = `id="${id}-${c.name}" name="${c.name}"`
  const tie = c.symbol ? ` data-k="${c.symbol}"` : ''
  if (c.kind === 'switch')
    return `<label class="switch"${tie}><input type="checkbox" role="switch" ${at}${value ? ' checked' : ''}> <span>${written(c.label)}</span></label>`
  if (c.kind === 'choice')
    return `<label class="choice">${c.label} <select ${at}>${c.options.map((o, i) => `<option value="${i}"${i === value ? ' selected' : ''}>${o}</option>`).join('')}</select></label>`
  const marks = c.marks ? `<span class="marks" aria-hidden="true">${c.marks.map(m => `<span>${m}</span>`).join('')}</span>` : '' // prettier-ignore
  return `<label class="range"${tie}><span class="what">${c.label}</span><span class="track"><input type="range" ${at} min="${c.min}" max="${c.max}" step="${c.step}" value="${value}">${marks}</span><output for="${id}-${c.name}">${c.show?.(value) ?? value}</output></label>`
}

export const figure = (name: FigureName, model: Model): string => {
  const { title, attempt, controls, start, draw } = figures[name]
  const state: Readonly<Record<string, number>> = start
  return [
    `<figure class="live" id="figure-${name}" data-figure="${name}"><figcaption><b>${written(title)}</b><p class="attempt">${written(attempt)}</p></figcaption>`,
    `<form class="controls" hidden autocomplete="off">${controls.map(c => control(name, c, state[c.name]!)).join('')}</form>`,
    `<div class="drawing">${draw(model, state)}</div><p class="failed" role="alert" hidden></p></figure>`,
  ].join('')
}

const listOfPages = (): string =>
  `<ol class="contents">${contents.filter(({ name }) => name !== 'index').map(({ name, title }) => `<li><a href="${name}.html">${title}</a></li>`).join('')}<li><a href="repl.html">Try the code</a></li><li><a href="playground/index.html">Train both networks in the browser</a></li></ol>` // prettier-ignore

/** A page's rows: text on the left, its figures on the right. */
const rows = (page: Page, model: Model): string =>
  read(`docs/site/pages/${page.name}.md`)
    .split(/^---$/m)
    .map(part => {
      const aside: string[] = []
      // An equation stands under the part's own heading, where it has one.
      const level = /^## /m.test(part) ? 3 : 2
      const text = part
        .split(/^(:::.*)$/m)
        .map(piece => {
          const [, kind, first = '', second = ''] = /^:::(\w+) ?(\S*) ?(\S*)/.exec(piece) ?? []
          if (kind === 'figure') {
            aside.push(figure(first as FigureName, model))
            return ''
          }
          if (kind === 'wide') return figure(first as FigureName, model)
          if (kind === 'equation') return equation(first, page, level)
          if (kind === 'code') return listing(first, second, page, level)
          if (kind === 'contents') return listOfPages()
          return markdown(piece, page)
        })
        .join('')
      return `<div class="spread${part.includes(':::wide') ? ' full' : ''}"><div class="text">${text}</div><div class="aside">${aside.join('')}</div></div>`
    })
    .join('')

const navigation = (current: string): string =>
  `<nav aria-label="Sections"><ol>${[...contents, { name: 'repl', title: 'Try' }].map(({ name, title }) => `<li><a href="${name}.html"${name === current ? ' aria-current="page"' : ''}>${title}</a></li>`).join('')}<li><a href="playground/index.html">Play</a></li></ol></nav>` // prettier-ignore

export interface Assets {
  readonly script: string
  readonly styles: readonly string[]
}
/** The frame that all pages have. */
export const frameOf = (
  name: string,
  title: string,
  main: string,
  { script, styles }: Assets,
): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<meta name="description" content="Cross-Stage Transformer for Video Learning: the paper's equations as short TypeScript functions, beside figures that compute with them.">
<title>${entities(title)} · Cross-Stage Transformer</title><link rel="icon" href="data:,">${styles.map(href => `<link rel="stylesheet" href="${href}">`).join('')}<script type="module" src="${script}"></script></head>
<body data-page="${name}"><a class="skip" href="#main">To the text</a><header><p><a href="index.html">Cross-Stage Transformer</a>, executable</p>${navigation(name)}</header>
<main id="main">${main}</main></body></html>
`

/** Every page by its file's name, its text alone. */
export const rendered = (model: Model): ReadonlyMap<string, { readonly title: string; readonly main: string }> => {
  const glossary = glossaryOf(model.config)
  return new Map(
    contents.map((page, i) => {
      const [before, after] = [contents[i - 1], contents[i + 1]]
      const to = (p: Page | undefined, rel: string, arrow: string): string =>
        p ? `<a rel="${rel}" href="${p.name}.html">${arrow.replace('_', p.title)}</a>` : ''
      const turn = `<nav class="turn" aria-label="Pages">${to(before, 'prev', '← _')}${to(after, 'next', '_ →')}</nav>`
      return [page.name, { title: page.title, main: `${rows(page, model)}${glossary(page.symbols)}${turn}` }] as const
    }),
  )
}
