import { reshaped, sameShape, type Shape, ShapeError, sizeOf, type Tensor } from '../tensor'
import { apply, type Primitive } from '../trace'
import { regrouped } from './support/strided'
import { unchanged } from './support/unchanged'

/** The same elements in row-major order under another shape, a view where the storage allows.  ∂x = ȳ, shaped back. */
export const reshaping: Primitive<{ readonly shape: Shape }> = {
  name: 'reshape',
  shape: ({ shape }, x) => {
    if (sizeOf(x) !== sizeOf(shape))
      throw new ShapeError(
        `reshape: [${x.join(', ')}] has ${sizeOf(x)} elements, but [${shape.join(', ')}] needs ${sizeOf(shape)}`,
      )
    return [...shape]
  },
  reference: ({ shape }, x) => reshaped(x, shape),
  vjp: (_, ct, _y, x) => [reshape(ct, x.shape)],
  flops: () => 0,
  kernel: ({ shape }) => ({ view: x => regrouped(x, shape) }),
  onnx: ({ shape }) => ({ op: 'Reshape', inputs: [0, { ints: shape }] }),
}

/** The same elements under another shape. Throws ShapeError when the sizes differ. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x, { shape } as Tensor) ? unchanged(x) : apply(reshaping, { shape: [...shape] }, x)
