/** Nodes of the engine onnx alone: no other engine knows them, and no gradient is taken of them. */
import type { Applies, Primitive } from '../../trace'

/** A node that ONNX Runtime computes, and whose reference says what it is.
 *  Whatever else a primitive has throws: such a node is made after gradients, costs and dead work. */
export const engineNode = <P extends object>(
  name: string,
  parts: Pick<Primitive<P>, 'shape' | 'reference' | 'onnx'>,
): Applies<P> => {
  const none = (what: string) => (): never => {
    throw new Error(`${name} is a node of the engine onnx alone: it has no ${what}`)
  }
  const lacks = { vjp: none('derivative'), flops: none('cost'), kernel: none('kernel'), needs: none('rule for parts') }
  return { primitive: { name, ...lacks, ...parts } }
}
