import { repeated, sameSizes, type Shape, ShapeError, type Tensor } from '../tensor'
import { apply, operation, type Primitive } from '../trace'
import { broadcastShape } from './support/broadcasting'
import { elementwise } from './support/parts'
import { repeatedly } from './support/strided'
// The transpose of a repetition is a sum, and that of a sum a repetition: these two files need each other.
import { unbroadcast } from './support/unbroadcast'
import { unchanged } from './support/unchanged'

/** x repeated along dimensions of size 1 or missing ones, a view.  ∂x = ȳ summed over what was repeated. */
const primitive: Primitive<{ readonly shape: Shape }> = {
  name: 'broadcastTo',
  shape: ({ shape }, x) => {
    const both = broadcastShape('broadcastTo', x, shape)
    if (!sameSizes(both, shape))
      throw new ShapeError(`broadcastTo: [${x.join(', ')}] cannot be repeated to [${shape.join(', ')}]`)
    return both
  },
  reference: ({ shape }, x) => repeated(x, shape),
  vjp: (_, ct, _y, x) => [unbroadcast(ct, x.shape)],
  flops: () => 0,
  onnx: ({ shape }) => ({ op: 'Expand', inputs: [0, { ints: shape }] }),
  kernel: ({ shape }) => ({ view: x => repeatedly(x, shape) }),
  needs: elementwise,
  resized: (_, shape) => ({ shape }),
}

/** x repeated to a shape. Throws ShapeError when a size is neither equal nor 1. */
export const broadcastTo = operation(primitive, (x: Tensor, shape: Shape): Tensor =>
  sameSizes(x.shape, shape) ? unchanged(x) : apply(primitive, { shape: [...shape] }, x),
)
