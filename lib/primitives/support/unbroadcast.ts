import type { Shape, Tensor } from '../../tensor'
import { reshape } from '../reshape'
import { sum } from '../sum'

/** The transpose of broadcasting: sums a cotangent over the repeated dimensions. */
export const unbroadcast = (cotangent: Tensor, shape: Shape): Tensor => {
  const lead = cotangent.shape.length - shape.length
  const axes = cotangent.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []))
  return reshape(axes.length ? sum(cotangent, axes) : cotangent, shape)
}
