/** Elements of HTML and SVG. */

type Attributes = Readonly<Record<string, string | number | undefined>>

const fill = <E extends Element>(element: E, attributes: Attributes, children: readonly (Node | string)[]): E => {
  set(element, attributes)
  element.append(...children)
  return element
}

export const set = (element: Element, attributes: Attributes): void => {
  for (const [key, value] of Object.entries(attributes))
    if (value === undefined) element.removeAttribute(key)
    else element.setAttribute(key, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value)
}

export const html = <K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] => fill(document.createElement(name), attributes, children)

export const svg = <K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[K] => fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)

/** The element that the page has under an id. */
export const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`an element with the id ${id} expected, but the page has none`)
  return found
}

/** The dialog that the page has under an id; its button closes it, and so does a click beside it. */
export const dialogOf = (id: string): HTMLDialogElement => {
  const dialog = byId(id) as HTMLDialogElement
  byId(`${id}-close`).addEventListener('click', () => dialog.close())
  dialog.addEventListener('click', event => {
    if (event.target === dialog) dialog.close()
  })
  return dialog
}

/** Sets a text where it differs: what did not change is not announced and not laid out again. */
export const say = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text
}

export const percent = (part: number): string => `${Math.round(100 * part)} %`
/** Whether a number is negative as it is written. */
export const negative = (x: number): boolean => x <= -0.005
export const signed = (x: number): string => (Math.abs(x) < 0.005 ? '0.00' : x.toFixed(2).replace('-', '−'))
