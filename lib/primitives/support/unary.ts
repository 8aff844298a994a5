/** What the primitives of one elementwise function share. */
import { dtypeOf, flat, type Labels, sizeOf, type Tensor, zeros } from '../../tensor'
import { apply, type EachKernel, type OnnxNode, type Primitive } from '../../trace'

/** A function of numbers as one that writes to a whole tensor, in row-major order, of another's elements. */
export const each =
  (f: (v: number) => number) =>
  (out: Tensor, x: Tensor): void => {
    const [to, from] = [out.data, flat(x)]
    for (let i = 0; i < to.length; i++) to[i] = f(from[i]!)
  }

/** An elementwise primitive, from its function, its cost, its ONNX node, its kernel and its derivative.
 *  @param write writes the function of the second tensor's elements to the first, as ndarray-ops' do
 *  @param derivative the operand's cotangent from the result's, the result and the operand */
export const unary = (
  name: string,
  write: (out: Tensor, x: Tensor) => unknown,
  cost: number,
  onnx: OnnxNode,
  kernel: EachKernel,
  derivative: (cotangent: Tensor, y: Tensor, x: Tensor) => Tensor,
): { primitive: Primitive; operation: <S extends Labels>(x: Tensor<S>) => Tensor<S> } => {
  const primitive: Primitive = {
    name,
    shape: (_, x) => [...x],
    reference: (_, x) => {
      const y = zeros(x.shape, dtypeOf(x))
      write(y, x)
      return y
    },
    vjp: (_, cotangent, y, x) => [derivative(cotangent, y, x)],
    flops: (_, y) => cost * sizeOf(y),
    onnx: () => onnx,
    kernel: () => kernel,
  }
  return { primitive, operation: x => apply(primitive, {}, x) }
}
