import type { Tensor } from '../../tensor'
import { add } from '../add'
import { equal } from '../equal'
import { greater } from '../greater'
import { scale } from '../mul'

/** 1 where a > b, ½ where they are equal, else 0: the share of a derivative that goes to the larger one. */
export const share = (a: Tensor, b: Tensor): Tensor => add(greater(a, b), scale(equal(a, b), 0.5))
