/** Figures that answer. The network is loaded once, when the first figure is there to be seen. */
import { type FigureName, figures } from '../figures'
import type { Control, Model } from '../figures/figure'
import { loadModel } from '../figures/load'

const load = async (): Promise<Model> => {
  const address = document.body.dataset['model']!
  const answer = await fetch(address).catch((error: Error) => ({ ok: false as const, status: error.message }))
  if (!answer.ok) throw new Error(`the network of the figures must be at ${address}, got ${answer.status}`)
  return loadModel(new Uint8Array(await answer.arrayBuffer()), address)
}
let loading: Promise<Model> | undefined

/** What a control says and sets. */
const valueOf = (input: HTMLInputElement | HTMLSelectElement): number =>
  input instanceof HTMLInputElement && input.type === 'checkbox' ? Number(input.checked) : Number(input.value)
const setValue = (input: HTMLInputElement | HTMLSelectElement, value: number): void => {
  if (input instanceof HTMLInputElement && input.type === 'checkbox') input.checked = value === 1
  else input.value = `${value}`
}

/** What the address says of a figure: `?alpha.clip=3`. What is not a number that its control takes is left out. */
const asked = (name: string, controls: readonly Control[]): Record<string, number> => {
  const query = new URLSearchParams(location.search)
  const fits = (c: Control, x: number): boolean =>
    c.kind === 'switch' ? x === 0 || x === 1 : c.kind === 'choice' ? Number.isInteger(x) && x >= 0 && x < c.options.length : x >= c.min && x <= c.max // prettier-ignore
  return Object.fromEntries(
    controls.flatMap(c => {
      const found = query.get(`${name}.${c.name}`)
      return found !== null && found !== '' && fits(c, Number(found)) ? [[c.name, Number(found)]] : []
    }),
  )
}
const remember = (
  name: string,
  state: Readonly<Record<string, number>>,
  start: Readonly<Record<string, number>>,
): void => {
  const query = new URLSearchParams(location.search)
  for (const [key, value] of Object.entries(state))
    if (value === start[key]) query.delete(`${name}.${key}`)
    else query.set(`${name}.${key}`, `${value}`)
  const text = query.toString()
  history.replaceState(null, '', `${location.pathname}${text && `?${text}`}${location.hash}`)
}

const enliven = (element: HTMLElement): void => {
  const name = element.dataset['figure'] as FigureName
  const { controls, start, draw } = figures[name]
  const form = element.querySelector('form')!
  const drawing = element.querySelector<HTMLElement>('.drawing')!
  const failed = element.querySelector<HTMLElement>('.failed')!
  let state: Readonly<Record<string, number>> = { ...start, ...asked(name, controls) }
  let due = false
  const inputs = (): (HTMLInputElement | HTMLSelectElement)[] => [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')] // prettier-ignore

  const show = (): void => {
    for (const input of inputs()) {
      setValue(input, state[input.name]!)
      const c = controls.find(control => control.name === input.name)
      const output = input.closest('label')?.querySelector('output')
      if (output && c?.kind === 'range') output.textContent = c.show?.(state[c.name]!) ?? `${state[c.name]!}`
    }
  }
  /** Draws once a frame at most. */
  const redraw = async (): Promise<void> => {
    if (due) return
    due = true
    try {
      const model = await (loading ??= load())
      await new Promise(requestAnimationFrame)
      drawing.innerHTML = draw(model, state)
      failed.hidden = true
    } catch (error) {
      loading = undefined
      failed.textContent = `This figure stands still: ${(error as Error).message}.`
      failed.hidden = false
    } finally {
      due = false
    }
  }
  const choose = (more: Readonly<Record<string, number>>): void => {
    state = { ...state, ...more }
    show()
    remember(name, state, start)
    void redraw()
  }
  form.hidden = false
  form.addEventListener('submit', event => event.preventDefault())
  form.addEventListener('input', event => {
    const input = event.target as HTMLInputElement
    choose({ [input.name]: valueOf(input) })
  })
  drawing.addEventListener('click', event => {
    const sets = (event.target as Element).closest<SVGElement>('[data-set]')?.dataset['set']
    if (sets) choose(Object.fromEntries(sets.split(',').map(pair => [pair.split('=')[0]!, Number(pair.split('=')[1])])))
  })
  show()
  if (Object.keys(asked(name, controls)).length > 0) void redraw()
}

export const live = (): void => {
  for (const element of document.querySelectorAll<HTMLElement>('[data-figure]')) enliven(element)
  loading = load()
  // Who touches a figure hears of it.
  loading.catch(() => (loading = undefined))
}
