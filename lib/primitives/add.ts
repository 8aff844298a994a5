import { flat, type Labels, type Tensor } from '../tensor'
import { strict } from '../tensor/given'
import { binary } from './support/binary'
import { scalarFor } from './support/scalar'

/** y = a + b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ, ∂b = ȳ, summed over what was broadcast. */
export const add = binary({
  name: 'add',
  reference: (out, a, b) => {
    const [to, x, y] = [out.data, flat(a), flat(b)]
    for (let i = 0; i < to.length; i++) to[i] = x[i]! + y[i]!
  },
  flops: 1,
  onnx: { op: 'Add' },
  kernel: { each: 'x0 + x1' },
  derivative: ct => [ct, ct],
})

/** x + c, for a number c. */
export const shift = strict('shift', <S extends Labels>(x: Tensor<S>, c: number): Tensor<S> =>
  add(x as Tensor, scalarFor('shift', x, c)),
)
