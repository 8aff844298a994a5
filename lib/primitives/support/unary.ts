/** What the primitives of one elementwise function share. */
import { dtypeOf, flat, type Labels, over, sizeOf, storage, type Tensor } from '../../tensor'
import { apply, type OnnxNode, type Primitive } from '../../trace'

/** An elementwise primitive, from its scalar function, its cost, its ONNX node and its derivative.
 *  @param derivative the operand's cotangent from the result's, the result and the operand */
export const unary = (
  name: string,
  f: (v: number) => number,
  cost: number,
  onnx: OnnxNode,
  derivative: (cotangent: Tensor, y: Tensor, x: Tensor) => Tensor,
): { primitive: Primitive; operation: <S extends Labels>(x: Tensor<S>) => Tensor<S> } => {
  const primitive: Primitive = {
    name,
    shape: (_, x) => [...x],
    reference: (_, x) => {
      const from = flat(x)
      const to = storage(from.length, dtypeOf(x))
      for (let i = 0; i < from.length; i++) to[i] = f(from[i]!)
      return over(to, x.shape)
    },
    vjp: (_, cotangent, y, x) => [derivative(cotangent, y, x)],
    flops: (_, y) => cost * sizeOf(y),
    onnx: () => onnx,
  }
  return { primitive, operation: x => apply(primitive, {}, x) }
}
