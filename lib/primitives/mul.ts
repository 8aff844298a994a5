import { flat, type Labels, type Tensor } from '../tensor'
import { strict } from '../tensor/given'
import { binary } from './support/binary'
import { scalarFor } from './support/scalar'

/** y = a · b, element by element; sizes of 1 repeat. Throws ShapeError when the shapes do not broadcast.
 *  ∂a = ȳ·b, ∂b = ȳ·a, summed over what was broadcast. */
export const mul = binary({
  name: 'mul',
  reference: (out, a, b) => {
    const [to, x, y] = [out.data, flat(a), flat(b)]
    for (let i = 0; i < to.length; i++) to[i] = x[i]! * y[i]!
  },
  flops: 1,
  onnx: { op: 'Mul' },
  kernel: { each: 'x0 * x1' },
  derivative: (ct, _y, a, b) => [mul(ct, b), mul(ct, a)],
})

/** c · x, for a number c. */
export const scale = strict('scale', <S extends Labels>(x: Tensor<S>, c: number): Tensor<S> =>
  mul(x as Tensor, scalarFor('scale', x, c)),
)
