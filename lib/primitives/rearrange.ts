import {
  type Dim,
  dimSize,
  type Labels,
  parseSignature,
  type PatternArg,
  type PatternResult,
  type Readable,
  type Shape,
  ShapeError,
  showDim,
  solve,
  type Tensor,
} from '../tensor'
import { anything, optional, record, strict, text } from '../tensor/given'
import { operand } from '../trace'
import { broadcastTo } from './broadcast-to'
import { permute } from './permute'
import { reshape } from './reshape'

/** The factors of a dimension; a 1 is none. */
const factors = (d: Dim): readonly Dim[] =>
  d.kind === '*' ? d.of.flatMap(factors) : d.kind === 'number' && d.value === 1 ? [] : [d]

/** The dimensions of an ellipsis, each as a label with its size. */
const spreadLabels = (name: string, shape: Shape): [string, number][] => shape.map((n, i) => [`...${name}.${i}`, n])

/** Names that differ, where one stands twice: the first of a side is the first of the other. */
const numbered = (names: readonly string[]): string[] =>
  names.map((name, i) => `${name} ${names.slice(0, i).filter(n => n === name).length}`)

/** Regroups the dimensions of a tensor: `'[B*T, N, C] -> [B*N, T, C]'` splits products, reorders, repeats along names
 *  that are only on the right, and merges. Of a name that stands twice on the left, the first stays the first on the right. It lowers to reshape, broadcastTo and permute, and copies at most once.
 *  @param sizes the sizes of names that the shape does not tell, such as T in B*T
 *  Throws ShapeError when the shape does not fit the left side, a name on the left is lost, or a size is missing. */
export const rearrange = strict(
  'rearrange',
  { pattern: text, x: anything, sizes: optional(record) },
  <const P extends string, S extends Labels>(
    pattern: Readable<P>,
    x: PatternArg<P, S>,
    sizes: Readonly<Record<string, number>> = {},
  ): PatternResult<P, S> => {
    const who = `rearrange '${pattern}'`
    const tensor = operand(who, 0, x as Tensor)
    // The sizes given are part of what the right side may use: they are arguments too.
    const given = pattern.trim() === '' ? [] : Object.keys(sizes)
    const { args, results } = parseSignature([...given, pattern].join(', '))
    const [from, to] = [args.at(-1)!, results[0]!]
    if (from.kind !== 'tensor' || results.length !== 1) throw new ShapeError(`${who}: each side must be one tensor`)
    const solved = solve(who, [{ name: '', dims: from.dims, shape: tensor.shape }], sizes)
    const spread = new Map([...solved.ellipses].map(([name, shape]) => [name, spreadLabels(name, shape)]))
    const labels = new Map([...solved.labels, ...[...spread.values()].flat()])
    const size = (d: Dim): number => dimSize(d, labels)!
    const dims = (side: readonly Dim[]): readonly Dim[] =>
      side.flatMap(d =>
        d.kind === '...' ? spread.get(d.name)!.map(([name]) => ({ kind: 'label', name }) as const) : [d],
      )

    const left = dims(from.dims).flatMap(factors)
    const right = dims(to.dims).flatMap(factors)
    const names = left.map(showDim)
    const wanted = right.map(showDim)
    for (const name of new Set(names)) {
      const [before, after] = [names, wanted].map(side => side.filter(n => n === name).length) as [number, number]
      if (after === 0)
        throw new ShapeError(`${who}: the right side must have every name of the left, got none '${name}'`)
      if (after !== before)
        throw new ShapeError(`${who}: the right side must have '${name}' as often as the left, ${before}, got ${after}`)
    }

    const fresh = right.filter(d => !names.includes(showDim(d)))
    const all = numbered([...fresh.map(showDim), ...names])
    const split = reshape(tensor, left.map(size))
    const repeated = broadcastTo(split, [...fresh, ...left].map(size))
    return reshape(
      permute(
        repeated,
        numbered(wanted).map(n => all.indexOf(n)),
      ),
      dims(to.dims).map(size),
    ) as PatternResult<P, S>
  },
)
