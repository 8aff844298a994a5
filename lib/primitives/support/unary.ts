/** What the primitives of one elementwise function share. */
import { dtypeOf, flat, type Labels, sizeOf, type Tensor, zeros } from '../../tensor'
import { apply, type EachKernel, type OnnxNode, type Operation, operation, type Primitive } from '../../trace'
import { same } from './parts'

/** A function of numbers as one that writes to a whole tensor, in row-major order, of another's elements. */
export const each =
  (f: (v: number) => number) =>
  (out: Tensor, x: Tensor): void => {
    const [to, from] = [out.data, flat(x)]
    for (let i = 0; i < to.length; i++) to[i] = f(from[i]!)
  }

/** A function of a number, and all that follows for tensors. */
interface Unary {
  readonly name: string
  /** Writes the function of a tensor's elements to another of its shape. */
  readonly reference: (out: Tensor, x: Tensor) => unknown
  /** Floating-point operations for an element. */
  readonly flops: number
  readonly onnx: OnnxNode
  readonly kernel: EachKernel
  /** The cotangent of the operand from the result's, the result and the operand. */
  readonly derivative: (cotangent: Tensor, y: Tensor, x: Tensor) => Tensor
  /** The same in other operations, for graphs in which the costliest of these is needed anyway. */
  readonly expansion?: (x: Tensor) => Tensor
}

/** An operation on every element of a tensor. */
export const unary = (given: Unary): Operation<<S extends Labels>(x: Tensor<S>) => Tensor<S>> => {
  const { name, reference, flops, onnx, kernel, derivative, expansion } = given
  const primitive: Primitive = {
    name,
    shape: (_, x) => [...x],
    reference: (_, x) => {
      const y = zeros(x.shape, dtypeOf(x))
      reference(y, x)
      return y
    },
    vjp: (_, cotangent, y, x) => [derivative(cotangent, y, x)],
    flops: (_, y) => flops * sizeOf(y),
    onnx: () => onnx,
    kernel: () => kernel,
    needs: same,
    ...(expansion && { expansion: (_: object, x: Tensor) => expansion(x) }),
  }
  return operation(primitive, <S extends Labels>(x: Tensor<S>): Tensor<S> => apply(primitive, {}, x))
}
