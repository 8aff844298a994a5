/** What the pointer, the focus or a finger is on lights up wherever it stands, and is told: a symbol, a type, a share. */

/** The symbol of an element: in formulas it is a class, elsewhere data. */
const symbolOf = (target: Element): string | undefined => {
  const found = target.closest('[data-k], [class*="k-"]')
  if (!found) return undefined
  return found.getAttribute('data-k') ?? /(?:^| )k-(\w+)/.exec(found.getAttribute('class') ?? '')?.[1]
}
const everywhere = (key: string): NodeListOf<Element> => document.querySelectorAll(`[data-k="${key}"], .k-${key}`)

export const hovers = (): void => {
  const tip = document.createElement('div')
  tip.className = 'tip'
  tip.id = 'tip'
  tip.hidden = true
  tip.setAttribute('role', 'status')
  document.body.append(tip)
  let lit: string | undefined

  const light = (key: string | undefined): void => {
    if (key === lit) return
    for (const old of document.querySelectorAll('.hot')) old.classList.remove('hot')
    lit = key
    if (key) for (const found of everywhere(key)) found.classList.add('hot')
  }
  const hide = (): void => {
    light(undefined)
    tip.hidden = true
  }
  /** Below what is told about, or above it where there is no room. */
  const place = (beside: Element): void => {
    tip.hidden = false
    const at = beside.getBoundingClientRect()
    const { width, height } = tip.getBoundingClientRect()
    const left = Math.max(8, Math.min(at.left, innerWidth - width - 8))
    const top = at.bottom + height + 16 < innerHeight ? at.bottom + 8 : Math.max(8, at.top - height - 8)
    tip.style.translate = `${left}px ${top}px`
  }
  const tell = (target: Element): void => {
    const key = symbolOf(target)
    light(key)
    const says = target.closest<HTMLElement>('[data-says]')?.dataset['says']
    const type = target.closest<HTMLElement>('[data-type]')?.dataset['type']
    const entry = key && document.getElementById(`sym-${key}`)
    const parts: Node[] = []
    if (says) parts.push(document.createTextNode(says))
    // A control under the pointer is to be used, not explained over.
    if (entry && !target.closest('form, .glossary')) parts.push(...[...entry.cloneNode(true).childNodes])
    if (type) {
      const code = document.createElement('code')
      code.textContent = type
      parts.push(code)
    }
    if (parts.length === 0) {
      tip.hidden = true
      return
    }
    tip.replaceChildren(...parts)
    for (const part of tip.querySelectorAll('[data-k]')) part.removeAttribute('data-k')
    place(target.closest('[data-says], [data-k], [data-type], [class*="k-"]') ?? target)
  }
  document.addEventListener('pointerover', event => tell(event.target as Element))
  document.addEventListener('focusin', event => tell(event.target as Element))
  document.addEventListener('focusout', hide)
  document.addEventListener('scroll', hide, { passive: true, capture: true })
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') hide()
    walk(event, tell)
  })
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest('a.k')
    if (!link) return
    event.preventDefault()
    tell(link)
  })
}

/** In code, the arrows go from name to name. */
const walk = (event: KeyboardEvent, tell: (target: Element) => void): void => {
  const block = (event.target as Element).closest('.code pre')
  if (!block || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return
  const names = [...block.querySelectorAll('[data-type]')]
  const here = names.findIndex(name => name.classList.contains('at'))
  const next = names[(here + (event.key === 'ArrowRight' ? 1 : -1) + names.length) % names.length]
  if (!next) return
  event.preventDefault()
  names[here]?.classList.remove('at')
  next.classList.add('at')
  tell(next)
}
