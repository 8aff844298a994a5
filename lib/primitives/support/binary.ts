/** What the primitives of two broadcast operands share. */
import { dtypeOf, flat, repeated, sizeOf, type Tensor, zeros } from '../../tensor'
import { apply, type EachKernel, type OnnxNode, operation, type Primitive, typed } from '../../trace'
import { broadcastShape } from './broadcasting'
import { elementwise } from './parts'
import { unbroadcast } from './unbroadcast'

/** A function of two numbers as one that writes to a whole tensor, in row-major order, of two others' elements. */
export const eachPair =
  (f: (a: number, b: number) => number) =>
  (out: Tensor, x: Tensor, y: Tensor): void => {
    const [to, a, b] = [out.data, flat(x), flat(y)]
    for (let i = 0; i < to.length; i++) to[i] = f(a[i]!, b[i]!)
  }

/** A function of two numbers, and all that follows for tensors. */
interface Binary {
  readonly name: string
  /** Writes the function of the elements of two tensors to a third of their shape. */
  readonly reference: (out: Tensor, a: Tensor, b: Tensor) => unknown
  /** Floating-point operations for an element of the result. */
  readonly flops: number
  readonly onnx: OnnxNode
  readonly kernel: EachKernel
  /** The cotangents of the operands, which may still have the shape of the result, from the result's. */
  readonly derivative: (cotangent: Tensor, y: Tensor, a: Tensor, b: Tensor) => readonly [Tensor | null, Tensor | null]
}

/** An operation on the elements of two tensors, whose sizes of 1 repeat. */
export const binary = (given: Binary) => {
  const { name, reference, flops, onnx, kernel, derivative } = given
  const primitive: Primitive = {
    name,
    shape: (_, a, b) => broadcastShape(name, a, b),
    reference: (_, a, b) => {
      const y = zeros(broadcastShape(name, a.shape, b.shape), dtypeOf(a))
      reference(y, repeated(a, y.shape), repeated(b, y.shape))
      return y
    },
    vjp: (_, cotangent, y, a, b) => {
      const [da, db] = derivative(cotangent, y, a, b)
      return [da && unbroadcast(da, a.shape), db && unbroadcast(db, b.shape)]
    },
    flops: (_, y) => flops * sizeOf(y),
    onnx: () => onnx,
    kernel: () => kernel,
    needs: elementwise,
  }
  return operation(
    primitive,
    typed('a[...], b[...] -> [...]', (a, b) => apply(primitive, {}, a, b)),
  )
}
