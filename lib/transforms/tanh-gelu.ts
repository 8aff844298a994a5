/** GELU as the weights of some networks expect it. */
import type { Tensor } from '../tensor'
import { func, strict, tensor } from '../tensor/given'
import { add, gelu, mul, scale, shift, tanh } from '../primitives'
import { apply, type Compute } from '../trace'
import { evaluate, rerun } from './rerun'

/** The approximation of GELU by a hyperbolic tangent, at most 5·10⁻⁴ from it:
 *  $$\frac{x}{2} (1 + tanh(\sqrt{2 / \pi} (x + 0.044715 x^3)))$$
 *  Source: Hendrycks and Gimpel (2016), Sec. 2. */
export const tanhGelu = strict('tanhGelu', { x: tensor }, (x: Tensor): Tensor => {
  const inner = scale(add(x, scale(mul(x, mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI))
  return mul(scale(x, 1 / 2), shift(tanh(inner), 1))
})

const approximated: Compute = ({ primitive, params, operands }, _, values) => {
  const xs = operands.map(j => values[j]!)
  return primitive === gelu.primitive ? tanhGelu(xs[0]!) : apply(primitive, params, ...xs)
}

/** The same function with `tanhGelu` in the place of every GELU: equations stay as they read. */
export const withTanhGelu = strict(
  'withTanhGelu',
  { f: func },
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) =>
    rerun(f, (graph, inputs) => evaluate(graph, inputs, approximated)),
)
