/** Kernels as source for gpu.js: one JavaScript function each, as a string, so that no transpiler, minifier or coverage tool
 *  ever touches it. Shapes, indexes and loop bounds are numbers in it. */
import { type Shape, sizeOf } from '../../../tensor'
import type { Fold, Strided } from '../../../trace'
import { arraysOf, type Expression, type Read, readsOf, viewed } from './expression'
import { mergeAxes, threadsOf } from './axes'

/** What a kernel computes, before any language. */
export type Work =
  | { readonly kind: 'map'; readonly value: Expression; readonly shape: Shape }
  | {
      readonly kind: 'fold'
      readonly value: Expression
      readonly shape: Shape
      readonly axes: readonly number[]
      readonly fold: Fold
    }
  | { readonly kind: 'join'; readonly parts: readonly Part[]; readonly shape: Shape; readonly axis: number }
  /** Σ left·right over the last axis of a space [..., M, N, K]. */
  | { readonly kind: 'product'; readonly space: Shape; readonly left: Read; readonly right: Read }

export interface Source {
  readonly work: Work
  readonly source: string
  /** The arrays that are its arguments, in order. */
  readonly reads: readonly number[]
  /** gpu.js's output: x, y, z. The result's elements in row-major order. */
  readonly output: readonly number[]
}

/** A number as a float: gpu.js would take `1` for an integer in some places. */
const literal = (v: number): string => {
  const text = String(v)
  const float = /[.e]/.test(text) ? text : `${text}.0`
  return v < 0 || Object.is(v, -0) ? `(${Object.is(v, -0) ? '-0.0' : float})` : float
}

/** Source with its names replaced. */
export const named = (source: string, names: Readonly<Record<string, string>>): string =>
  source.replace(/(?<![.\w])[A-Za-z]\w*/g, word => (Object.hasOwn(names, word) ? names[word]! : word))

/** offset + Σ stride·index. */
const indexOf = ({ stride, offset }: Strided, index: readonly string[]): string => {
  const terms = index.flatMap((name, i) =>
    stride[i] === 0 || name === '0' ? [] : [stride[i] === 1 ? name : `${name} * ${stride[i]}`],
  )
  // A sum of literals would be a float to gpu.js, which is no index in GLSL.
  if (terms.length === 0) return String(offset)
  const sum = terms.join(' + ')
  return offset === 0 ? sum : `${sum} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`
}

/** Writes the statements that compute expressions; names are given in order. */
const writer = (arrays: readonly number[]) => {
  let count = 0
  const fresh = (): string => `v${count++}`
  /** Declares what an expression needs where `index` says, and returns its value's source. */
  const write = (e: Expression, index: readonly string[], out: string[], done = new Map<unknown, string>()): string => {
    const declared = (key: unknown, source: () => string): string => {
      const before = done.get(key)
      if (before !== undefined) return before
      const value = source()
      const name = fresh()
      out.push(`const ${name} = ${value}`)
      done.set(key, name)
      return name
    }
    if (e.kind === 'literal') return literal(e.value)
    if (e.kind === 'read') {
      const element = `a${arrays.indexOf(e.array)}[${indexOf(e.at, index)}]`
      return declared(element, () => element)
    }
    return declared(e, () => {
      const names: Record<string, string> = {}
      e.of.forEach((x, i) => (names[`x${i}`] = write(x, index, out, done)))
      for (const [name, source] of Object.entries(e.code.where ?? {})) {
        names[name] = fresh()
        out.push(`const ${names[name]} = ${named(source, names)}`)
      }
      return named(e.code.each, names)
    })
  }
  return { fresh, write }
}

const indent = (lines: readonly string[]): string[] => lines.map(line => `  ${line}`)

const functionOf = (arrays: readonly number[], body: readonly string[]): string =>
  [`function (${arrays.map((_, i) => `a${i}`).join(', ')}) {`, ...indent(body), '}'].join('\n')

/** An expression over some of its axes, in an order; those left out are at index 0. */
const along = (e: Expression, axes: readonly number[]): Expression =>
  viewed(e, ({ shape, stride, offset }) => ({
    shape: axes.map(a => shape[a]!),
    stride: axes.map(a => stride[a]!),
    offset,
  }))!

/** An expression whose index along an axis starts at another number than 0. */
const shifted = (e: Expression, axis: number, start: number): Expression =>
  viewed(e, at => ({ ...at, offset: at.offset - start * at.stride[axis]! }))!

/** A kernel for the elements of an expression. */
export const mapSource = (e: Expression, shape: Shape): Source => {
  const space = mergeAxes(
    shape,
    readsOf(e).map(r => r.at),
  )
  const { output, index } = threadsOf(space.shape)
  const reads = arraysOf(e)
  const body: string[] = []
  const value = writer(reads).write(along(e, space.axes), index, body)
  return {
    work: { kind: 'map', value: e, shape },
    source: functionOf(reads, [...body, `return ${value}`]),
    reads,
    output,
  }
}

/** A kernel that folds the elements of an expression over axes. */
export const foldSource = (e: Expression, shape: Shape, axes: readonly number[], fold: Fold): Source => {
  const views = readsOf(e).map(r => r.at)
  const part = (reduced: boolean) => {
    const among = [...shape.keys()].filter(a => axes.includes(a) === reduced)
    const pick = (xs: readonly number[]): number[] => among.map(a => xs[a]!)
    const picked = views.map(v => ({ ...v, shape: pick(v.shape), stride: pick(v.stride) }))
    const merged = mergeAxes(pick(shape), picked)
    return { sizes: merged.shape, axes: merged.axes.map(i => among[i]!) }
  }
  const [kept, reduced] = [part(false), part(true)]
  const { output, index } = threadsOf(kept.sizes)
  const x = along(e, [...kept.axes, ...reduced.axes])
  const reads = arraysOf(e)
  const { write } = writer(reads)
  const loops = reduced.sizes.map((_, i) => `i${i}`)
  const element = (at: readonly string[], out: string[]): string => write(x, [...index, ...at], out)

  const before: string[] = []
  const names = { n: literal(sizeOf(axes.map(a => shape[a]!))) }
  const first = /\bx\b/.test(fold.start)
    ? {
        x: element(
          loops.map(() => '0'),
          before,
        ),
      }
    : {}
  const inside: string[] = []
  const step = named(fold.step, { ...names, x: element(loops, inside) })
  const loop = reduced.sizes.reduceRight<readonly string[]>(
    (body, size, i) => [`for (let i${i} = 0; i${i} < ${size}; i${i}++) {`, ...indent(body), '}'],
    [...inside, `s = ${step}`],
  )
  const body = [...before, `let s = ${named(fold.start, first)}`, ...loop, `return ${named(fold.end ?? 's', names)}`]
  return { work: { kind: 'fold', value: e, shape, axes, fold }, source: functionOf(reads, body), reads, output }
}

export interface Part {
  readonly value: Expression
  readonly size: number
}
/** A kernel that puts tensors one after another along an axis. */
export const joinSource = (parts: readonly Part[], shape: Shape, axis: number): Source => {
  let from = 0
  const moved = parts.map(({ value, size }) => {
    const start = from
    from += size
    return { value, start, end: from }
  })
  const views = parts.flatMap(p => readsOf(p.value)).map(r => r.at)
  const space = mergeAxes(shape, views, [axis])
  const { output, index } = threadsOf(space.shape)
  const joined = space.axes.indexOf(axis)
  const reads = arraysOf(...parts.map(p => p.value))
  const { write } = writer(reads)
  const body = moved.flatMap(({ value, start, end }, i) => {
    const lines: string[] = []
    const result = write(shifted(along(value, space.axes), joined, start), index, lines)
    const all = [...lines, `return ${result}`]
    return i === parts.length - 1 ? all : [`if (${index[joined]!} < ${end}) {`, ...indent(all), '}']
  })
  return { work: { kind: 'join', parts, shape, axis }, source: functionOf(reads, body), reads, output }
}
