/** How a tensor is shown: its shape, its element type, and the values at its corners. */
import type { NdArray } from 'ndarray'

type Shown = NdArray<Float32Array | Float64Array>

/** How many values are shown at either end of an axis: of a vector or matrix, of the matrices in a tensor, and of other axes. */
const edge = (rank: number, axis: number): number => (rank <= 2 ? 3 : axis >= rank - 2 ? 2 : 1)

/** A number in as few figures as tell it from others of a plot: `-0.3333`, `1e-7`. */
const figures = (value: number): string => String(Number(value.toPrecision(4)))

/** Positions along an axis that are shown, and null between them for those that are not. */
const shown = (n: number, ends: number): readonly (number | null)[] =>
  n <= 2 * ends + 1
    ? Array.from({ length: n }, (_, i) => i)
    : [...Array(ends).keys(), null, ...Array.from({ length: ends }, (_, i) => n - ends + i)]

/** One line: `Tensor [8, 17] float32`; with labels, `Tensor [B*T = 8, 1+P = 17] float32`. */
export const heading = ({ shape, dtype }: Pick<Shown, 'shape' | 'dtype'>, labels?: readonly string[]): string =>
  `Tensor [${shape.map((n, i) => (labels ? `${labels[i]} = ${n}` : n)).join(', ')}] ${dtype}`

/** Shape, element type and values of a tensor, in lines. */
export const printed = (x: Shown, labels?: readonly string[]): string => {
  const { shape, stride, data, offset } = x
  const axes = shape.map((n, i) => shown(n, edge(shape.length, i)))
  const seen: string[] = []
  const collect = (at: number, depth: number): void => {
    if (depth === shape.length) return void seen.push(figures(data[at]!))
    for (const i of axes[depth]!) if (i !== null) collect(at + i * stride[depth]!, depth + 1)
  }
  collect(offset, 0)
  const width = seen.reduce((most, text) => Math.max(most, text.length), 0)
  const values = seen.values()
  const nest = (depth: number): string => {
    if (depth === shape.length) return values.next().value!.padStart(width)
    const between = shape.length - depth > 1 ? `,\n${' '.repeat(depth + 1)}` : ', '
    return `[${axes[depth]!.map(i => (i === null ? '…' : nest(depth + 1))).join(between)}]`
  }
  return `${heading(x, labels)}${shape.length === 0 ? ' ' : '\n'}${nest(0)}`
}

/** Node, Bun and Deno ask an object for this where it is logged, and so do notebooks on them. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom')

const hidden = <T>(value: T) => ({ value, configurable: true, writable: true })
const methods: PropertyDescriptorMap = {
  toString: hidden(function (this: Shown) {
    return printed(this)
  }),
  [INSPECT]: hidden(function (this: Shown, depth: number, options: { readonly depth?: number | null }) {
    // Below the outermost, in a record of parameters, one line says more than a thousand.
    const inside = typeof options?.depth === 'number' && depth < options.depth && this.shape.length > 0
    return inside ? heading(this) : printed(this)
  }),
}

/** Makes ndarrays of the classes of these print as tensors, once. What prints an object asks its prototype, and `ndarray` makes one
 *  for each rank and element type, which views (`x.pick(0)`) share: on the arrays themselves it would cost every one of them, and
 *  views would lack it. Nothing else is changed, and nothing that is computed depends on it. */
export const printing = (classes: readonly object[]): void => {
  for (const x of classes) Object.defineProperties(Object.getPrototypeOf(x) as object, methods)
}
/** Whether an ndarray prints as a tensor. */
export const prints = (x: object): boolean => INSPECT in x
