/** The documentation's pages in a dialog, with the sizes of the running network beside the paper's. */
import type { LiveShapes } from '../protocol'
import { byId, dialogOf, html, say } from './dom'

export interface Documentation {
  /** Shows the page that a hash names, `#page` or `#page/anchor`, or closes what is open: the hash is in the address, so
   *  that the browser's back and forward lead from page to page. */
  readonly follow: (hash: string) => void
  /** What the running network gives every equation, by its title. */
  readonly live: (shapes: Readonly<Record<string, LiveShapes>>) => void
}

const table = ({ calls, rows }: LiveShapes): HTMLElement =>
  html(
    'div',
    { class: 'wide live', tabindex: 0 },
    html(
      'table',
      {},
      html('caption', {}, 'In the network that runs now'),
      html(
        'thead',
        {},
        html('tr', {}, html('td'), ...['shape', ...calls].map(text => html('th', { scope: 'col' }, text))),
      ),
      html(
        'tbody',
        {},
        ...rows.map(({ name, labels, sizes }) =>
          html(
            'tr',
            {},
            html('th', { scope: 'row' }, html('code', {}, name)),
            html('td', {}, html('code', {}, labels)),
            ...sizes.map(size => html('td', {}, size)),
          ),
        ),
      ),
    ),
  )

export const documentation = (): Documentation => {
  const dialog = dialogOf('page')
  const body = byId('page-body')
  let shapes: Readonly<Record<string, LiveShapes>> = {}

  const mark = (): void => {
    for (const old of body.querySelectorAll('.live')) old.remove()
    for (const heading of body.querySelectorAll<HTMLElement>('[data-title]')) {
      const found = shapes[heading.dataset['title']!]
      if (!found) continue
      const [paper] = [...body.querySelectorAll('.wide')].filter(
        t => heading.compareDocumentPosition(t) & Node.DOCUMENT_POSITION_FOLLOWING,
      )
      if (paper) paper.before(table(found))
      else heading.after(table(found))
    }
  }

  /** Pages that were loaded; those of the first view are, early on, so that they are there without a network. */
  const kept = new Map<string, Promise<string>>()
  const load = (page: string): Promise<string> => {
    const found = kept.get(page)
    if (found) return found
    const loading = fetch(new URL(`pages/${page}.html`, document.baseURI)).then(answer => {
      if (!answer.ok) throw new Error(`${answer.status}`)
      return answer.text()
    })
    kept.set(page, loading)
    loading.catch(() => kept.delete(page))
    return loading
  }
  const early = (): void => {
    const names = [...document.querySelectorAll<HTMLElement>('[data-page]')].map(({ dataset }) => dataset['page']!)
    for (const name of new Set([...names, 'decisions'])) load(name).catch(() => undefined)
  }
  setTimeout(early, 3000)

  const open = async (page: string, anchor?: string): Promise<void> => {
    say(byId('page-title'), 'Loading …')
    if (!dialog.open) dialog.showModal()
    try {
      // Pages are made from this package's documentation when the playground is built.
      body.innerHTML = await load(page)
      say(byId('page-title'), body.querySelector('h2')?.textContent ?? page)
      mark()
    } catch (error) {
      say(byId('page-title'), 'Documentation')
      body.replaceChildren(html('p', {}, `The page ${page} cannot be loaded (${(error as Error).message}).`))
    }
    body.scrollTop = 0
    if (anchor) document.getElementById(`page-${anchor}`)?.scrollIntoView()
    body.focus()
  }
  const follow = (hash: string): void => {
    const [, page, anchor] = /^#([\w-]+)(?:\/(.+))?$/.exec(hash) ?? []
    if (page) void open(page, anchor)
    else if (dialog.open) dialog.close()
  }
  const go = (hash: string): void => {
    history.pushState(null, '', `${location.pathname}${location.search}${hash}`)
    follow(hash)
  }

  dialog.addEventListener('close', () => {
    if (location.hash) go('')
  })
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest<HTMLElement>('[data-page]')
    if (!link) return
    event.preventDefault()
    const { page, anchor } = link.dataset
    if (page) go(`#${page}${anchor ? `/${anchor}` : ''}`)
    else if (anchor) document.getElementById(`page-${anchor}`)?.scrollIntoView()
  })
  return {
    follow,
    live: made => {
      shapes = made
      if (dialog.open) mark()
    },
  }
}
