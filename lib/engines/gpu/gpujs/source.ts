/** Work as source for gpu.js: one JavaScript function each, as a string, so that no transpiler, minifier or coverage tool ever
 *  touches it. Shapes, indexes and loop bounds are numbers in it. */
import type { Strided } from '../../../trace'
import { along, merged, mergeAxes, splitAxes } from '../plan/axes'
import { each, type Expression, readsOf, viewed } from '../plan/expression'
import { apply, named } from '../plan/formula'
import { startsWithElement, SUM } from '../plan/parse'
import { atom, float, type Style } from '../plan/print'
import { statements } from '../plan/statements'
import { argumentsOf, type Fold, type Join, type Work } from '../plan/work'
import { grid, type ThreadsOf } from './threads'

/** A kernel of gpu.js. */
export interface GpuJsSource {
  readonly source: string
  /** gpu.js's output: x, y, z. The result's elements in row-major order. */
  readonly output: readonly number[]
}

const style: Style = {
  constant: value => atom(value < 0 || Object.is(value, -0) ? `(${float(value)})` : float(value)),
  call: (name, of) => `Math.${name}(${of.join(', ')})`,
}

/** offset + Σ stride·index. */
export const indexText = ({ stride, offset }: Omit<Strided, 'shape'>, index: readonly string[]): string => {
  const terms = index.flatMap((name, i) =>
    stride[i] === 0 || name === '0' ? [] : [stride[i] === 1 ? name : `${name} * ${stride[i]}`],
  )
  // A sum of literals would be a float to gpu.js, which is no index in GLSL.
  if (terms.length === 0) return String(offset)
  const sum = terms.join(' + ')
  return offset === 0 ? sum : `${sum} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`
}

/** Writes the statements that compute expressions where an index says, of elements of such arrays. */
const writer = (arrays: readonly number[]) => {
  const { write, formula } = statements(style, (name, value) => `const ${name} = ${value}`)
  return {
    write: (e: Expression, index: readonly string[], out: string[]): string =>
      write(e, ({ array, at }) => `a${arrays.indexOf(array)}[${indexText(at, index)}]`, out),
    formula,
  }
}

const indent = (lines: readonly string[]): string[] => lines.map(line => `  ${line}`)

const functionText = (arrays: readonly number[], body: readonly string[]): string =>
  [`function (${arrays.map((_, i) => `a${i}`).join(', ')}) {`, ...indent(body), '}'].join('\n')

const mapSource = (e: Expression, space: readonly number[], threads: ThreadsOf): GpuJsSource => {
  const { shape, value } = merged(e, space)
  const { output, index } = threads(shape)
  const reads = argumentsOf({ kind: 'map', value: e, shape: space })
  const body: string[] = []
  const result = writer(reads).write(value, index, body)
  return { source: functionText(reads, [...body, `return ${result}`]), output }
}

const foldSource = (work: Fold, threads: ThreadsOf): GpuJsSource => {
  const { start, step, end } = work.reduction
  const { kept, reduced, value } = splitAxes(work.value, work.shape, work.axes)
  const { output, index } = threads(kept)
  const reads = argumentsOf(work)
  const { write, formula } = writer(reads)
  const element = (at: readonly string[], out: string[]): string => write(value, [...index, ...at], out)

  const before: string[] = []
  const first = startsWithElement(work.reduction) ? { x: element(reduced.map(() => '0'), before) } : {} // prettier-ignore
  before.push(`let s = ${formula(start, first, before)}`)
  const inside: string[] = []
  const x = element(reduced.map((_, i) => `i${i}`), inside) // prettier-ignore
  inside.push(`s = ${formula(step, { s: 's', x }, inside)}`)
  const loop = reduced.reduceRight<readonly string[]>(
    (body, size, i) => [`for (let i${i} = 0; i${i} < ${size}; i${i}++) {`, ...indent(body), '}'],
    inside,
  )
  const after: string[] = []
  after.push(`return ${formula(end, { s: 's' }, after)}`)
  return { source: functionText(reads, [...before, ...loop, ...after]), output }
}

/** An expression whose index along an axis starts at another number than 0. */
const shifted = (e: Expression, axis: number, start: number): Expression =>
  viewed(e, at => ({ ...at, offset: at.offset - start * at.stride[axis]! }))!

const joinSource = (work: Join, threads: ThreadsOf): GpuJsSource => {
  const { parts, axis } = work
  const views = parts.flatMap(p => readsOf(p.value)).map(r => r.at)
  const { shape, axes } = mergeAxes(work.shape, views, [axis])
  const { output, index } = threads(shape)
  const joined = axes.indexOf(axis)
  const reads = argumentsOf(work)
  const { write } = writer(reads)
  let end = 0
  const body = parts.flatMap(({ value, size }, i) => {
    const lines: string[] = []
    const result = write(shifted(along(value, axes), joined, end), index, lines)
    end += size
    const all = [...lines, `return ${result}`]
    return i === parts.length - 1 ? all : [`if (${index[joined]!} < ${end}) {`, ...indent(all), '}']
  })
  return { source: functionText(reads, body), output }
}

const PRODUCT = apply('*', named('x0'), named('x1'))
/** Work as a kernel of gpu.js.
 *  @param threads how its threads count the elements of the result */
export const gpuJsSource = (work: Work, threads: ThreadsOf = grid): GpuJsSource => {
  if (work.kind === 'map') return mapSource(work.value, work.shape, threads)
  if (work.kind === 'fold') return foldSource(work, threads)
  if (work.kind === 'join') return joinSource(work, threads)
  if (work.kind === 'attention')
    throw new Error('gpu.js has no kernel for attention: it must be lowered before it is planned')
  const { space, left, right } = work
  const value = each(PRODUCT, [left, right])
  return foldSource({ kind: 'fold', value, shape: space, axes: [space.length - 1], reduction: SUM }, threads)
}
