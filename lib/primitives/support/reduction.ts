/** What the primitives that reduce over axes share. The reduced axes stay, with size 1. */
import {
  dtypeOf,
  flat,
  fromArray,
  type Labels,
  type Real,
  type Shape,
  sizeOf,
  strides,
  type Tensor,
  type With,
} from '../../tensor'
import { apply, type Fold as Kernel, operand, operation, type Primitive } from '../../trace'
import { allFromStart, checkAxes } from './axes'

export interface Axes {
  readonly axes: readonly number[]
}

/** The shape with the axes reduced to 1. Throws ShapeError for an axis that the operand lacks, or that comes twice. */
export const reducedShape = (who: string, { axes }: Axes, x: Shape): number[] => {
  checkAxes(who, axes, x)
  return without(axes, x)
}
const without = (axes: readonly number[], x: Shape): number[] => x.map((n, i) => (axes.includes(i) ? 1 : n))

/** An operation that reduces a tensor over axes, which users may count from the end. */
export const reduction = (primitive: Primitive<Axes>) =>
  operation(
    primitive,
    <S extends Labels, A extends number>(x: Tensor<S>, axes: readonly A[]): Tensor<With<S, A, '1'>> => {
      const { shape } = operand(primitive.name, 0, x)
      return apply(primitive, { axes: allFromStart(primitive.name, axes, shape) }, x)
    },
  )

/** Folds `n` elements of `from`, starting at `at`, into the running value at `out[into]`; with a step of 1, each into the
 *  running value after the one before. */
export type Fold = (out: Float64Array, into: number, step: number, from: Real, at: number, n: number) => void

interface Run {
  readonly size: number
  readonly kept: boolean
}
/** The axes merged into as few as possible: kept and reduced ones in turn. */
const runsOf = (shape: Shape, axes: readonly number[]): readonly Run[] =>
  shape.reduce<readonly Run[]>((runs, size, i) => {
    const last = runs.at(-1)
    const kept = !axes.includes(i)
    if (size === 1) return runs
    return last?.kept === kept ? [...runs.slice(0, -1), { size: last.size * size, kept }] : [...runs, { size, kept }]
  }, [])

/** Reduces with a running value per result element, in float64, in row-major order. */
export const reduce = ({ axes }: Axes, x: Tensor, start: number, fold: Fold): Tensor => {
  const shape = without(axes, x.shape)
  const from = flat(x)
  const to = new Float64Array(sizeOf(shape)).fill(start)
  const runs = runsOf(x.shape, axes)
  const inner = strides(runs.map(r => r.size))
  const result = strides(runs.map(r => (r.kept ? r.size : 1)))
  const walk = (level: number, at: number, into: number): void => {
    const { size, kept } = runs[level] ?? { size: 1, kept: false }
    const step = kept ? result[level]! : 0
    if (level >= runs.length - 1) return fold(to, into, step, from, at, size)
    for (let i = 0; i < size; i++) walk(level + 1, at + i * inner[level]!, into + i * step)
  }
  walk(0, 0, 0)
  return fromArray(to, shape, dtypeOf(x))
}

/** Σ x, as source for a kernel. */
export const adding: Kernel = { start: '0.0', step: 's + x' }
/** max x, as source for a kernel: `Math.max` loses a NaN on GPUs. */
export const maximal: Kernel = { start: 'x', step: 'x > s || x !== x ? x : s' }
