/** What the symbols of a page mean and how large they are: in V2, and in the network of the figures. */
import { callsIn, trace, abstract } from '../../lib/trace'
import { abstractParameters, equations, network, type Config } from '../../lib/paper'
import { shapeOf, showDim, type Arg, type Dim, type Sizes, type Tensor } from '../../lib/tensor'
import { atV2 } from '../generator/network-at-v2'
import { pages } from '../generator/equation-pages'
import type { Page, Symbol } from './contents'
import { entities } from '../../lib/format/svg'

type Calls = readonly { readonly title: string; readonly sizes: Sizes }[]
/** The sizes that every equation meets in a network, on one clip. */
export const callsOf = (config: Config): Calls => {
  const { channels, frames, height, width } = config
  const X: Tensor = abstract([1, channels, frames, height, width])
  return callsIn(() => trace((p, x: Tensor) => network(config, p, x as never), abstractParameters(config), X))
}

const dimsOf = (args: readonly Arg[], path: readonly string[]): readonly Dim[] | undefined => {
  const arg = args.find(({ name }) => name === path[0])
  if (!arg) return undefined
  if (arg.kind === 'record') return dimsOf(arg.fields, path.slice(1))
  return arg.kind === 'tensor' ? arg.dims : undefined
}

/** Small numbers stand below: A_{i−1} in words. */
export const written = (text: string): string =>
  entities(text).replace(
    /(?<=\b[A-Za-zαβ]|A|V|α|β|P)_\{([^}]*)\}|(?<=\b[A-Za-zαβ]|CrossA|α|β)_([A-Za-z0-9]+)/g,
    (_, a: string | undefined, b: string) => `<sub>${a ?? b}</sub>`,
  )

export const glossaryOf = (config: Config): ((symbols: Page['symbols']) => string) => {
  const here = callsOf(config)
  const paper: Calls = atV2().calls
  const documented = new Map(pages().flatMap(page => page.equations.map(e => [e.name, e] as const)))
  const entry = (key: string, { shown, of, meaning }: Symbol): string => {
    const [name, argument] = of ?? []
    const found = name === undefined ? undefined : documented.get(name)
    if (name !== undefined && !found) throw new Error(`${name} must be an equation of the paper`)
    const { args = [], results = [] } = found?.equation.signature ?? {}
    const dims = argument === undefined ? undefined : (dimsOf(args, argument.split('.')) ?? results.find(r => r.name === argument)?.dims) // prettier-ignore
    if (found && !dims) throw new Error(`${name!} must have '${argument!}', got ${[...args, ...results].map(a => a.name).join(', ')}`) // prettier-ignore
    const told = found?.docs.params.find(([n]) => n === argument)?.[1] ?? found?.docs.returns?.split('; ').map(part => new RegExp(`^${argument!},? (.*)$`).exec(part)?.[1]).find(Boolean) // prettier-ignore
    const sizes = (calls: Calls): string =>
      [...new Set(calls.filter(c => c.title === equations[name as keyof typeof equations].title).map(c => `[${shapeOf(dims!, c.sizes).join(', ')}]`))].join(' or ') // prettier-ignore
    const shape = dims && `<code>[${dims.map(showDim).join(', ')}]</code>`
    return [
      `<div id="sym-${key}" class="entry"><dt data-k="${key}">${written(shown)}</dt>`,
      `<dd>${written(meaning ?? told ?? found?.docs.text.split('\n')[0]?.replace(/:$/, '') ?? '')}`,
      shape && ` <span class="shapes">${shape}; in V2 ${sizes(paper)}; in this network ${sizes(here)}</span>`,
      '</dd></div>',
    ].join('')
  }
  return symbols => {
    const entries = Object.entries(symbols)
    return entries.length === 0 ? '' : `<section class="glossary" aria-labelledby="symbols"><h2 id="symbols">Symbols of this page</h2><dl>${entries.map(([key, symbol]) => entry(key, symbol)).join('')}</dl></section>` // prettier-ignore
  }
}
