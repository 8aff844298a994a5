/** What the primitives of two broadcast operands share. */
import ops from 'ndarray-ops'
import { broadcast, dtypeOf, repeated, type Shape, ShapeError, type Tensor, zeros } from '../../tensor'

/** The common shape of two operands by numpy's rule. Throws ShapeError where two sizes differ and neither is 1. */
export const broadcastShape = (who: string, a: Shape, b: Shape): number[] => {
  const shape = broadcast(a, b)
  if (!shape)
    throw new ShapeError(`${who}: [${a.join(', ')}] and [${b.join(', ')}] do not broadcast: sizes should be equal or 1`)
  return shape
}

/** The shape rule and the reference of a broadcast operation, from the one that writes it, as ndarray-ops' do. */
export const broadcasted = (name: string, write: (out: Tensor, a: Tensor, b: Tensor) => unknown) => ({
  name,
  shape: (_: object, a: Shape, b: Shape): number[] => broadcastShape(name, a, b),
  reference: (_: object, a: Tensor, b: Tensor): Tensor => {
    const y = zeros(broadcastShape(name, a.shape, b.shape), dtypeOf(a))
    write(y, repeated(a, y.shape), repeated(b, y.shape))
    return y
  },
})

const onnxNames = { add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div' } as const
const signs = { add: '+', sub: '-', mul: '*', div: '/' } as const
type Operation = keyof typeof onnxNames
/** An operation of arithmetic: its shape rule, its reference, which is ndarray-ops', its ONNX node and its kernel. */
export const elementwise = (name: Operation) => ({
  ...broadcasted(name, ops[name]),
  onnx: () => ({ op: onnxNames[name] }),
  kernel: () => ({ each: `x0 ${signs[name]} x1` }),
})
