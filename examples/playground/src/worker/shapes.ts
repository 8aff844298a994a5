/** The sizes that each equation meets in the running network. */
import { type Arg, showDim, shapeOf, type Sizes, type Tensor } from '../../../../lib/tensor'
import { abstract, callsIn, trace } from '../../../../lib/trace'
import { abstractParameters, type Config, equations, network } from '../../../../lib/paper'
import type { LiveShapes } from '../protocol'

interface Row {
  readonly name: string
  readonly labels: string
  readonly sizes: (at: Sizes) => string
}
const rowsOf = (arg: Arg, path: string): readonly Row[] => {
  if (arg.kind === 'record') return arg.fields.flatMap(field => rowsOf(field, `${path}.${field.name}`))
  if (arg.kind === 'size') return [{ name: path, labels: 'a size', sizes: at => String(at.labels.get(arg.name)) }]
  const labels = `[${arg.dims.map(showDim).join(', ')}]${arg.list ? '*' : ''}`
  return [{ name: path, labels, sizes: at => `[${shapeOf(arg.dims, at).join(', ')}]` }]
}

/** By the title of the equation, from a trace: nothing is computed. */
export const liveShapes = (config: Config, clips: number): Readonly<Record<string, LiveShapes>> => {
  const { channels, frames, height, width } = config
  const X: Tensor = abstract([clips, channels, frames, height, width])
  const calls = callsIn(() => trace((p, x: Tensor) => network(config, p, x), abstractParameters(config), X))
  const live = Object.values(equations).flatMap(({ title, signature }): [string, LiveShapes][] => {
    const rows = [
      ...signature.args.flatMap(arg => rowsOf(arg, arg.name)),
      ...signature.results.map(({ name, dims }): Row => ({
        name: `→ ${name}`.trim(),
        labels: `[${dims.map(showDim).join(', ')}]`,
        sizes: at => `[${shapeOf(dims, at).join(', ')}]`,
      })),
    ]
    const columns = new Map<string, { readonly cells: readonly string[]; readonly count: number }>()
    for (const { sizes } of calls.filter(call => call.title === title)) {
      const cells = rows.map(row => row.sizes(sizes))
      const key = cells.join()
      columns.set(key, { cells, count: (columns.get(key)?.count ?? 0) + 1 })
    }
    if (columns.size === 0) return []
    const all = [...columns.values()]
    return [
      [
        title,
        {
          calls: all.map(({ count }) => (count === 1 ? 'one call' : `${count} calls`)),
          rows: rows.map(({ name, labels }, i) => ({ name, labels, sizes: all.map(({ cells }) => cells[i]!) })),
        },
      ],
    ]
  })
  return Object.fromEntries(live)
}
