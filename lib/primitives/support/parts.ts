/** Which part of the operands a part of the result needs, for operations of a few kinds. */
import { type Shape, sizeOf } from '../../tensor'
import type { Part } from '../../trace'

/** The same part of another axis. */
export const along = (part: Part, axis: number): Part => ({ ...part, axis })

/** The same part of operands that broadcast to the result; all of those that repeat along its axis. */
export const elementwise = (_: object, part: Part, y: Shape, ...xs: Shape[]): (Part | null)[] =>
  xs.map(x => {
    const axis = part.axis - (y.length - x.length)
    return axis < 0 || x[axis] === 1 ? null : along(part, axis)
  })

/** The same part of the operand. */
export const same = (_: object, part: Part): Part[] => [part]

/** Of an operation on rows: the same rows of the first operand, and all of the others. */
export const rowwise = (_: object, part: Part, y: Shape, ...xs: Shape[]): (Part | null)[] | undefined =>
  part.axis === y.length - 1 ? undefined : xs.map((_x, k) => (k === 0 ? part : null))

/** The same elements under another shape in row-major order, where they are a part of it. */
export const reshapedPart = (part: Part, shape: Shape, to: Shape): Part | undefined => {
  const stride = part.inner * sizeOf(shape.slice(part.axis + 1)) // between neighbours of the digit
  const stepOf = (axis: number): number => sizeOf(to.slice(axis + 1))
  const holds = (size: number, axis: number): boolean =>
    stride % stepOf(axis) === 0 && (stepOf(axis) * size) % (stride * part.n) === 0
  const axis = to.findIndex(holds)
  if (axis < 0) return undefined
  const step = stepOf(axis)
  return { ...part, axis, inner: stride / step, outer: (step * to[axis]!) / (stride * part.n) }
}
