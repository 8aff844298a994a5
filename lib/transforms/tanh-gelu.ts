/** GELU as the weights of some networks expect it. */
import type { Tensor } from '../tensor'
import { func, strict, tensor } from '../tensor/given'
import { add, gelu, mul, scale, shift, tanh } from '../primitives'
import { apply, leaves, rebuild, trace, within } from '../trace'

/** The approximation of GELU by a hyperbolic tangent, at most 5·10⁻⁴ from it:
 *  $$\frac{x}{2} (1 + tanh(\sqrt{2 / \pi} (x + 0.044715 x^3)))$$
 *  Source: Hendrycks and Gimpel (2016), Sec. 2. */
export const tanhGelu = strict('tanhGelu', { x: tensor }, (x: Tensor): Tensor => {
  const inner = scale(add(x, scale(mul(x, mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI))
  return mul(scale(x, 1 / 2), shift(tanh(inner), 1))
})

/** The same function with `tanhGelu` in the place of every GELU: equations stay as they read. */
export const withTanhGelu = strict(
  'withTanhGelu',
  { f: func },
  <A extends readonly unknown[], R>(f: (...args: A) => R) =>
    (...args: A): R => {
      const { graph, result } = trace(f, ...args)
      const inputs = leaves(args)[Symbol.iterator]()
      const values: Tensor[] = []
      for (const n of graph.nodes) {
        if (n.kind === 'input') values.push(inputs.next().value as Tensor)
        else if (n.kind === 'constant') values.push(n.value)
        else {
          const xs = n.operands.map(i => values[i]!)
          const make = (): Tensor =>
            n.primitive === gelu.primitive ? tanhGelu(xs[0]!) : apply(n.primitive, n.params, ...xs)
          values.push(within(n.scope, make))
        }
      }
      return rebuild(
        result,
        graph.outputs.map(o => values[o]!),
      )
    },
)
