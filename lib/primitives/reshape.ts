import { checkedShape, type Ranked, reshaped, sameSizes, type Shape, ShapeError, sizeOf, type Tensor } from '../tensor'
import { apply, operand, operation, type Primitive } from '../trace'
import { reshapedPart } from './support/parts'
import { regrouped } from './support/strided'
import { unchanged } from './support/unchanged'

/** The same elements in row-major order under another shape, a view where the storage allows.  ∂x = ȳ, shaped back. */
const primitive: Primitive<{ readonly shape: Shape }> = {
  name: 'reshape',
  shape: ({ shape }, x) => {
    if (sizeOf(x) !== sizeOf(shape))
      throw new ShapeError(
        `reshape: the shape must hold the ${sizeOf(x)} elements of [${x.join(', ')}], got [${shape.join(', ')}], which holds ${sizeOf(shape)}`,
      )
    return [...shape]
  },
  reference: ({ shape }, x) => reshaped(x, shape),
  vjp: (_, ct, _y, x) => [reshape(ct, x.shape)],
  flops: () => 0,
  onnx: ({ shape }) => ({ op: 'Reshape', inputs: [0, { ints: shape }] }),
  kernel: ({ shape }) => ({ view: x => regrouped(x, shape) }),
  needs: (_, part, y, x) => {
    const before = reshapedPart(part, y, x)
    return before && [before]
  },
  resized: (_, shape) => ({ shape }),
}

/** The same elements under another shape. Throws ShapeError for one that holds another number of them. */
export const reshape = operation(primitive, <const S extends Shape>(x: Tensor, shape: S): Tensor<Ranked<S>> =>
  sameSizes(operand('reshape', 0, x).shape, checkedShape('reshape', shape))
    ? unchanged('reshape', x)
    : apply(primitive, { shape: [...shape] }, x),
)
