/** The documentation's pages for the playground: Markdown and formulas become HTML and MathML when it is built, so that
 *  the browser needs neither fonts nor scripts for them. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Marked, type Tokens } from 'marked'
import temml from 'temml'
import type { Plugin } from 'vite'
import { upright } from '../../docs/generator/formula'
import { fontFace, mathFont } from '../../docs/site/font'
import { paletteStyle } from '../../lib/format/svg'

const docs = join(import.meta.dirname, '..', '..', 'docs')

/** The pages by name: those of the equations, and the decisions that they refer to. */
const sources = (): ReadonlyMap<string, string> => {
  const equations = readdirSync(join(docs, 'equations')).map(name => join(docs, 'equations', name))
  return new Map([...equations, join(docs, 'decisions.md')].map(path => [basename(path, '.md'), path]))
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)

/** An anchor as GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

export const formula = (tex: string, displayMode = false): string =>
  temml.renderToString(upright(tex.trim()), { displayMode, throwOnError: true })

/** A page as a fragment of HTML: its headings a level lower, links to other pages marked with `data-page`, and links out
 *  of the documentation as text, since the files they lead to are not beside the playground. */
const render = (markdown: string, known: ReadonlySet<string>): string => {
  const marked = new Marked({
    renderer: {
      code({ text, lang }: Tokens.Code) {
        if (lang === 'math') return `<div class="formula" tabindex="0">${formula(text, true)}</div>`
        return `<pre tabindex="0"><code>${escaped(text)}</code></pre>`
      },
      heading({ tokens, depth, text }: Tokens.Heading) {
        const level = Math.min(depth + 1, 6)
        const inside = this.parser.parseInline(tokens)
        return `<h${level} id="page-${anchorOf(text)}" data-title="${escaped(text)}">${inside}</h${level}>`
      },
      link({ href, tokens }: Tokens.Link) {
        const inside = this.parser.parseInline(tokens)
        const [path = '', anchor = ''] = href.split('#')
        const page = basename(path, '.md')
        if (/^https?:/.test(href)) return `<a href="${escaped(href)}" rel="noreferrer">${inside}</a>`
        if (path !== '' && !(path.endsWith('.md') && known.has(page))) return inside
        return `<a href="${path && `${page}.html`}#page-${anchor}" data-page="${page}" data-anchor="${anchor}">${inside}</a>`
      },
    },
  })
  const html = marked.parse(markdown, { async: false })
  // A corner of a table heads nothing.
  return html
    .replaceAll('<th></th>', '<td></td>')
    .replaceAll('<table>', '<div class="wide" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>')
}

const FONT = 'math.woff2'

/** Serves the pages as `pages/NAME.html` and the font of their formulas, and sets the formulas of `<tex-math>…</tex-math>`
 *  in the page itself. */
export const pages = (): Plugin => {
  const page = (name: string): string | undefined => {
    const all = sources()
    const path = all.get(name)
    return path && render(readFileSync(path, 'utf8'), new Set(all.keys()))
  }
  const withFormulas = (html: string): string =>
    html.replace(/<tex-math>([\s\S]*?)<\/tex-math>/g, (_, tex: string) => formula(tex))
  const font = (): Promise<Uint8Array> => {
    const own = withFormulas(readFileSync(join(import.meta.dirname, 'index.html'), 'utf8'))
    return mathFont([own, ...[...sources().keys()].map(name => page(name)!)])
  }
  return {
    name: 'documentation',
    transformIndexHtml: html =>
      withFormulas(html).replace('</head>', `<style>${paletteStyle}${fontFace(FONT)}</style></head>`),
    configureServer: server => {
      server.middlewares.use((request, response, next) => {
        if (request.url?.endsWith(`/${FONT}`)) {
          font().then(bytes => response.setHeader('Content-Type', 'font/woff2').end(bytes), next)
          return
        }
        const [, name] = /\/pages\/([\w-]+)\.html/.exec(request.url ?? '') ?? []
        const html = name && page(name)
        if (!html) return next()
        response.setHeader('Content-Type', 'text/html; charset=utf-8')
        response.end(html)
      })
    },
    async generateBundle() {
      for (const name of sources().keys())
        this.emitFile({ type: 'asset', fileName: `pages/${name}.html`, source: page(name)! })
      this.emitFile({ type: 'asset', fileName: FONT, source: await font() })
    },
  }
}
