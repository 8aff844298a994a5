import { broadcast, checkedShape, repeated, sameSizes, type Shape, ShapeError, type Tensor } from '../tensor'
import { apply, operand, operation, type Primitive } from '../trace'
import { elementwise } from './support/parts'
import { repeatedly } from './support/strided'
// The transpose of a repetition is a sum, and that of a sum a repetition: these two files need each other.
import { unbroadcast } from './support/unbroadcast'
import { unchanged } from './support/unchanged'

/** x repeated along dimensions of size 1 or missing ones, a view.  ∂x = ȳ summed over what was repeated. */
const primitive: Primitive<{ readonly shape: Shape }> = {
  name: 'broadcastTo',
  shape: ({ shape }, x) => {
    if (!sameSizes(broadcast(x, shape) ?? [-1], shape))
      throw new ShapeError(
        `broadcastTo: the shape must be one that [${x.join(', ')}] repeats to, got [${shape.join(', ')}]`,
      )
    return [...shape]
  },
  reference: ({ shape }, x) => repeated(x, shape),
  vjp: (_, ct, _y, x) => [unbroadcast(ct, x.shape)],
  flops: () => 0,
  onnx: ({ shape }) => ({ op: 'Expand', inputs: [0, { ints: shape }] }),
  kernel: ({ shape }) => ({ view: x => repeatedly(x, shape) }),
  needs: elementwise,
  resized: (_, shape) => ({ shape }),
}

/** x repeated to a shape. Throws ShapeError for one whose sizes are not those of x where these are not 1. */
export const broadcastTo = operation(primitive, (x: Tensor, shape: Shape): Tensor =>
  sameSizes(operand('broadcastTo', 0, x).shape, checkedShape('broadcastTo', shape))
    ? unchanged('broadcastTo', x)
    : apply(primitive, { shape: [...shape] }, x),
)
