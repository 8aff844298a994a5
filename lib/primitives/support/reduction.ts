/** What the primitives that reduce over axes share. The reduced axes stay, with size 1. */
import { dtypeOf, flat, fromArray, type Shape, ShapeError, sizeOf, type Tensor } from '../../tensor'

export interface Axes {
  readonly axes: readonly number[]
}

/** The shape with the axes reduced to 1. Throws ShapeError for an axis that the operand lacks, or that comes twice. */
export const reducedShape = (who: string, { axes }: Axes, x: Shape): number[] => {
  const stray = axes.find((a, i) => !(a in x) || axes.indexOf(a) !== i)
  if (stray !== undefined)
    throw new ShapeError(
      `${who}: axis ${stray} of [${x.join(', ')}]: ${x.length ? `different axes from 0 to ${x.length - 1} expected` : 'a scalar has no axes'}`,
    )
  return x.map((n, i) => (axes.includes(i) ? 1 : n))
}

/** Reduces with a running value per result element, in float64. The reduced axes are brought to the end first. */
export const reduce = (
  who: string,
  p: Axes,
  x: Tensor,
  start: number,
  f: (running: number, v: number) => number,
): Tensor => {
  const kept = [...x.shape.keys()].filter(i => !p.axes.includes(i))
  const from = flat(x.shape.length ? x.transpose(...kept, ...p.axes) : x)
  const shape = reducedShape(who, p, x.shape)
  const count = sizeOf(shape)
  const n = from.length / count
  const to = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let running = start
    for (let j = i * n; j < (i + 1) * n; j++) running = f(running, from[j]!)
    to[i] = running
  }
  return fromArray(to, shape, dtypeOf(x))
}
