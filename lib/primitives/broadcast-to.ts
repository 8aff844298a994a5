import { repeated, sameShape, type Shape, ShapeError, type Tensor } from '../tensor'
import { apply, type Primitive } from '../trace'
import { broadcastShape } from './support/elementwise'
import { repeatedly } from './support/strided'
import { unbroadcast } from './support/unbroadcast'
import { unchanged } from './support/unchanged'

/** x repeated along dimensions of size 1 or missing ones, a view.  ∂x = ȳ summed over what was repeated. */
export const broadcasting: Primitive<{ readonly shape: Shape }> = {
  name: 'broadcastTo',
  shape: ({ shape }, x) => {
    const both = broadcastShape('broadcastTo', x, shape)
    if (both.length !== shape.length || both.some((n, i) => n !== shape[i]))
      throw new ShapeError(`broadcastTo: [${x.join(', ')}] cannot be repeated to [${shape.join(', ')}]`)
    return both
  },
  reference: ({ shape }, x) => repeated(x, shape),
  vjp: (_, ct, _y, x) => [unbroadcast(ct, x.shape)],
  flops: () => 0,
  kernel: ({ shape }) => ({ view: x => repeatedly(x, shape) }),
  onnx: ({ shape }) => ({ op: 'Expand', inputs: [0, { ints: shape }] }),
}

/** x repeated to a shape. Throws ShapeError when a size is neither equal nor 1. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x, { shape } as Tensor) ? unchanged(x) : apply(broadcasting, { shape: [...shape] }, x)
