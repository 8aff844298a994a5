import { type Labels, sizeOf, type Tensor, type With } from '../tensor'
import { strict } from '../tensor/given'
import { scale } from './mul'
import { sum } from './sum'

/** The mean over axes, counted from 0, or from −1 backwards; they stay, with size 1. Throws ShapeError for an axis that is not
 *  there. */
export const mean = strict(
  'mean',
  <S extends Labels, A extends number>(x: Tensor<S>, axes: readonly A[]): Tensor<With<S, A, '1'>> => {
    const total = sum(x, axes)
    return scale(total, sizeOf(total.shape) / sizeOf(x.shape))
  },
)
