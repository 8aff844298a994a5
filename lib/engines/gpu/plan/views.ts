/** Shapes and views, and what a plan does with them. */
import { reordered } from '../../../primitives/support/strided'
import type { Strided } from '../../../trace'

/** A shape with another size along an axis. */
export const replaced = (shape: readonly number[], axis: number, n: number): number[] =>
  shape.map((m, i) => (i === axis ? n : m))
const inserted = (xs: readonly number[], at: number, x: number): number[] => [...xs.slice(0, at), x, ...xs.slice(at)]
/** An axis of size 1 more. */
export const withAxis = ({ shape, stride, offset }: Strided, at: number): Strided => ({
  shape: inserted(shape, at, 1),
  stride: inserted(stride, at, 0),
  offset,
})
/** An axis in parts, two axes in its place: neighbours go to different parts, so that threads with a part each read side by
 *  side. What is left over of an axis that the parts do not divide is left out. */
export const interleaved = ({ shape, stride, offset }: Strided, axis: number, parts: number): Strided => ({
  shape: [...shape.slice(0, axis), Math.floor(shape[axis]! / parts), parts, ...shape.slice(axis + 1)],
  stride: [...stride.slice(0, axis), stride[axis]! * parts, ...stride.slice(axis)],
  offset,
})
/** The last two axes swapped. */
export const transposed = (x: Strided): Strided => {
  const n = x.shape.length
  return reordered(x, [...Array(n - 2).keys(), n - 1, n - 2])
}
