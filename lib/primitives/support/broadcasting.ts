import { broadcast, type Shape, ShapeError } from '../../tensor'

/** The common shape of two operands by numpy's rule. Throws ShapeError where two sizes differ and neither is 1. */
export const broadcastShape = (who: string, a: Shape, b: Shape): number[] => {
  const shape = broadcast(a, b)
  if (!shape)
    throw new ShapeError(`${who}: sizes must be equal or 1 to broadcast, got [${a.join(', ')}] and [${b.join(', ')}]`)
  return shape
}
