import type { Labels, Tensor } from '../tensor'
import { apply, operation, type Primitive } from '../trace'
import { same } from './support/parts'

/** y = x, a view.  It has no derivative: what it is of is a constant to every gradient. */
const primitive: Primitive = {
  name: 'stopGradient',
  shape: (_, x) => [...x],
  reference: (_, x) => x,
  vjp: () => [null],
  flops: () => 0,
  onnx: () => ({ op: 'Identity' }),
  kernel: () => ({ view: x => x }),
  needs: same,
}

/** The same tensor, through which no gradient goes. */
export const stopGradient = operation(primitive, <S extends Labels>(x: Tensor<S>): Tensor<S> => apply(primitive, {}, x))
