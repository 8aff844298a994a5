/** What contenders have found in a benchmark, and its table. */
import { median } from '../../ablation'
import type { RunFigures } from '../../engines'
import { fixed, table } from '../../format/text'
import type { Runs, What } from './contender'

interface Figure {
  readonly ms: number[]
  /** Of the first runs. */
  readonly losses: number[]
  /** What a run is made of on a GPU. */
  readonly gpu?: RunFigures
}
export type Result = Record<What, Figure> & { readonly name: string; peakMiB?: number | undefined }

export const figures = (): Record<What, Figure> => ({
  step: { ms: [], losses: [] },
  forward: { ms: [], losses: [] },
})

/** Losses are compared over the first steps; times are those after the warm-up. */
export const add = (
  result: Result,
  what: What,
  { ms, losses, figures: gpu, peakMiB }: Runs,
  when: 'warm' | 'timed',
) => {
  const figure = result[what]
  if (gpu) Object.assign(figure, { gpu })
  if (when === 'timed') figure.ms.push(...ms)
  else figure.losses.push(...losses)
  Object.assign(result, { peakMiB })
}

/** A row for each contender, compared with the last one. */
export const tableOf = (what: string, kind: What, results: readonly Result[]): string => {
  const last = results.at(-1)
  if (!last) return `${what}: nothing ran`
  const rows = results.map(({ name, peakMiB, [kind]: { ms, losses } }) => {
    const drift = Math.max(...losses.map((l, i) => Math.abs(l - last[kind].losses[i]!)))
    const ratio = `${fixed(median(last[kind].ms) / median(ms), 2)}×`
    const numbers = [fixed(median(ms), 1), fixed(Math.min(...ms), 1), ratio, drift.toExponential(0)]
    return [name, ...numbers, peakMiB === undefined ? '·' : fixed(peakMiB, 0)]
  })
  return table([what, 'median ms', 'least ms', `faster than ${last.name}`, 'losses differ by', 'peak MiB'], rows)
}
