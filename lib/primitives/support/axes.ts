/** Axes of an operand, which users may count from the end. */
import { type Shape, ShapeError, shown } from '../../tensor'

/** An axis counted from 0: −1 is the last one. One that is not there stays as it is, for the shape rule to refuse. */
export const fromStart = (axis: number, shape: Shape): number =>
  typeof axis === 'number' && axis < 0 && axis >= -shape.length ? axis + shape.length : axis

/** So many axes, at least two, with the last two swapped: what a transpose permutes. */
export const lastTwoSwapped = (rank: number): readonly number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2]

/** Several axes, counted from 0. Throws ShapeError for what is no list of them. */
export const allFromStart = (who: string, axes: readonly number[], shape: Shape): number[] => {
  if (!Array.isArray(axes)) throw new ShapeError(`${who}: the axes must be a list, got ${shown(axes)}`)
  return axes.map((axis: number) => fromStart(axis, shape))
}

/** Throws ShapeError unless the operand has the axis. */
export const checkAxis = (who: string, axis: number, shape: Shape): void => {
  const rank = shape.length
  if (rank === 0) throw new ShapeError(`${who}: the operand must have axes, got a scalar`)
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
    throw new ShapeError(
      `${who}: the axis must be from ${-rank} to ${rank - 1} for [${shape.join(', ')}], got ${shown(axis)}`,
    )
}

/** Throws ShapeError unless the operand has the axes, each once. */
export const checkAxes = (who: string, axes: readonly number[], shape: Shape): void => {
  axes.forEach(axis => checkAxis(who, axis, shape))
  if (new Set(axes).size < axes.length) throw new ShapeError(`${who}: the axes must differ, got ${axes.join(', ')}`)
}
