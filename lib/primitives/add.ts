import ops from 'ndarray-ops'
import { full, type Labels, type Tensor, UserError } from '../tensor'
import { describe, strict, typeOfOperand } from '../trace'
import { binary } from './support/binary'

/** y = a + b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ, ∂b = ȳ, summed over what was broadcast. */
export const add = binary({
  name: 'add',
  reference: ops.add,
  flops: 1,
  onnx: { op: 'Add' },
  kernel: { each: 'x0 + x1' },
  derivative: ct => [ct, ct],
})

/** x + c, for a number c. */
export const shift = strict('shift', <S extends Labels>(x: Tensor<S>, c: number): Tensor<S> => {
  const dtype = typeOfOperand('shift', 0, x)
  if (typeof c !== 'number') throw new UserError(`shift: the second argument must be a number, got ${describe(c)}`)
  return add(x as Tensor, full(c, [], dtype))
})
